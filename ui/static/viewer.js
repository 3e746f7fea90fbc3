// <tv-viewer>: the answer about one picture. `data` is what ui/views/shown.py makes: null (nothing yet), {error, retry},
// or a result with `task`, `image` and what that task shows. `confidence` filters what is drawn, without any request.
import { define, h } from "./dom.js";
import { Classifications } from "./render/classify.js";
import { Detections } from "./render/detect.js";
import { Raw } from "./render/raw.js";

const RENDERERS = { detect: Detections, classify: Classifications };
const RETRIES = 30;

class Viewer extends HTMLElement {
  #state = { confidence: null, hidden: new Set(), sort: { column: "confidence", up: false }, only: null };
  #data = null;
  #renderer = null;
  #timer = 0;
  #tries = 0;

  // The banner found the gateway again: what failed for want of it is asked again, however often it was tried before.
  #onAwake = () => {
    this.#tries = 0;
    if (this.#data?.retry != null) this.dispatchEvent(new CustomEvent("retry"));
  };

  connectedCallback() {
    document.addEventListener("tv-awake", this.#onAwake);
    if (!this.hasChildNodes()) this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("tv-awake", this.#onAwake);
    clearTimeout(this.#timer);
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    if (data?.image && data.image !== this.#data?.image) this.#state.hidden = new Set();
    this.#state.confidence ??= data?.confidence ?? null;
    this.#data = data || null;
    this.#show();
  }

  get confidence() {
    return this.#state.confidence;
  }

  set confidence(value) {
    this.#state.confidence = value;
    this.#renderer?.update();
    this.dispatchEvent(new CustomEvent("tv-filtered", { bubbles: true }));
  }

  /** Highlight these detections (a Set of indices) as the ones that only this side found; null: no comparison. */
  set only(indices) {
    this.#state.only = indices;
    this.#renderer?.update();
  }

  #show() {
    clearTimeout(this.#timer);
    this.#renderer = null;
    if (!this.#data) this.replaceChildren(empty(this.getAttribute("hint")));
    else if (this.#data.error) this.#fail(this.#data);
    else this.#draw(this.#data);
  }

  #draw(data) {
    this.#tries = 0;
    this.#renderer = new (RENDERERS[data.task] ?? Raw)(data, this.#state);
    this.replaceChildren(headline(data), this.#renderer.node);
    this.#renderer.update();
  }

  #fail({ error, retry }) {
    const again = retry != null && this.#tries < RETRIES;
    this.replaceChildren(
      h("div", { class: "tv-error", role: "alert" }, h("strong", {}, "That did not work"), h("p", {}, error),
        again ? h("p", { class: "tv-quiet" }, "This page tries again by itself.") : null));
    if (retry != null) document.dispatchEvent(new CustomEvent("tv-failed")); // the banner looks at once whether the gateway is there
    if (!again) return;
    this.#tries += 1;
    this.#timer = setTimeout(() => this.dispatchEvent(new CustomEvent("retry")), 1000 * Math.max(retry, 1));
  }
}

function empty(hint) {
  return h("div", { class: "tv-empty" }, h("div", { class: "tv-empty-mark", "aria-hidden": true }),
    h("strong", {}, "Nothing to see yet"), h("p", {}, hint ?? "Drop a picture, paste one, use the camera, or take an example."));
}

function headline(data) {
  const untrained = data.weights === "untrained";
  return h("p", { class: "tv-meta" },
    h("span", {}, `${data.model} · version ${data.version}`),
    h("span", { class: untrained ? "tv-badge tv-badge-bad" : "tv-badge" }, `${data.weights} weights`),
    h("span", {}, `${data.width} × ${data.height} px`),
    h("span", {}, `${Math.round(data.inference_time_ms)} ms`));
}

define("tv-viewer", Viewer, ["data", "confidence", "only"]);
