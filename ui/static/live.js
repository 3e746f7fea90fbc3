// <tv-live>: the camera, with what the models see drawn on it. `data`: the settings of the stream, {task, model, …}.
import { define } from "./dom.js";
import { open, sentence } from "./live/camera.js";
import { Meter } from "./live/meter.js";
import { Panel } from "./live/panel.js";
import { Pump } from "./live/pump.js";
import { Stream } from "./live/stream.js";

const SETTINGS = { task: "detect" };
const FIGURES_MS = 500;
const words = ({ detail, hint }) => `${detail} ${hint}`;

class Live extends HTMLElement {
  #settings = SETTINGS;
  #complaint = ""; // about the settings; they stay as they were before
  #meter = new Meter();
  #panel = null;
  #camera = null;
  #stream = null;
  #pump = null;
  #ticking = 0;
  #onVisibility = () => (document.hidden ? this.#pause() : this.#resume());
  #onAwake = () => this.#stream?.again();

  connectedCallback() {
    this.#panel ??= new Panel(this, () => (this.#camera ? this.stop() : this.start()));
    document.addEventListener("visibilitychange", this.#onVisibility);
    document.addEventListener("tv-awake", this.#onAwake);
    // In another tab of the page nobody sees the camera: it is switched off.
    this.watcher = new ResizeObserver(([{ contentRect }]) => contentRect.width || this.stop());
    this.watcher.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    document.removeEventListener("tv-awake", this.#onAwake);
    this.watcher.disconnect();
    this.stop();
  }

  set data(settings) {
    this.#settings = settings?.task ? settings : SETTINGS; // Gradio hands over "" before there is anything
    this.#complaint = "";
    this.#stream?.set(this.#settings);
  }

  async start() {
    if (this.dataset.state === "starting") return;
    this.#panel.state("starting", "Asking the browser for the camera …");
    try {
      const camera = await open();
      if (this.dataset.state !== "starting") return camera.getTracks().forEach((track) => track.stop()); // left meanwhile
      this.#camera = camera;
      await this.#panel.preview(camera);
    } catch (error) {
      if (this.dataset.state === "starting") this.#end(sentence(error));
      return;
    }
    this.#meter = new Meter();
    this.#ticking = setInterval(() => this.#panel.figures(this.#meter.read()), FIGURES_MS);
    this.#resume();
  }

  stop() {
    this.#end("");
  }

  /** `why` is empty when somebody wanted it. */
  #end(why) {
    clearInterval(this.#ticking);
    this.#pause();
    this.#camera?.getTracks().forEach((track) => track.stop());
    this.#camera = null;
    this.#panel.preview(null);
    this.#panel.state(why ? "failed" : "idle", why);
  }

  #pause() {
    this.#pump?.stop();
    this.#stream?.close();
    this.#pump = this.#stream = null;
    this.#panel.list(null);
  }

  #resume() {
    if (!this.#camera || this.#stream) return;
    this.#panel.state("connecting", "Connecting …");
    this.#stream = new Stream(this.#settings, {
      answered: (answer) => this.#answered(answer),
      complained: (problem) => (this.#complaint = words(problem)),
      waiting: (why) => this.#lost(why),
      ended: (why) => this.#end(why),
    });
    this.#pump = new Pump(this.#panel.video, this.#stream, this.#meter);
  }

  #lost(why) {
    this.#panel.list(null);
    this.#panel.state("reconnecting", `${why} Connecting again …`);
    document.dispatchEvent(new CustomEvent("tv-failed")); // the banner looks whether the gateway is there
  }

  #answered({ result, error, dropped, shot }) {
    this.#meter.answered(shot.age, dropped);
    this.#panel.state("live", "");
    this.#panel.show(shot.image, result);
    this.#panel.note(error ? words(error) : this.#complaint);
  }
}

define("tv-live", Live);
