// What is seen of <tv-live>: the picture, a button, the figures, and what was found.
import { h, percent, plural } from "../dom.js";
import { colour } from "../palette.js";
import { draw, found } from "./draw.js";

export class Panel {
  #host;
  #canvas = h("canvas", { "aria-hidden": true });
  #message = h("p", { class: "tv-live-message", role: "status", hidden: true });
  #button;
  #meta = h("p", { class: "tv-meta" });
  #found = h("ul", { class: "tv-legend tv-live-found", "aria-label": "Seen in the last frame" });
  #note = h("p", { class: "tv-quiet" });
  #figures = { rate: h("b", {}, "–"), latency: h("b", {}, "–"), dropped: h("b", {}, "–"), share: h("small", {}) };

  /** The camera as it is: seen until the first answer comes, below the answers then. */
  video = h("video", { playsinline: true, "aria-label": "Your camera" });

  constructor(host, toggle) {
    this.#host = host;
    this.#button = h("button", { type: "button", class: "tv-live-button", onclick: toggle }, "Start camera");
    this.video.muted = true;
    const { rate, latency, dropped, share } = this.#figures;
    host.append(
      h("div", { class: "tv-live-stage" }, this.video, this.#canvas, invitation(), this.#message),
      h("div", { class: "tv-live-bar" }, this.#button, h("dl", { class: "tv-live-figures" },
        figure("rate", "Frame rate", rate, " per second"),
        figure("latency", "Latency", latency, " ms"),
        figure("dropped", "Dropped", dropped, " ", share))),
      this.#meta, this.#found, this.#note);
    this.state("idle", "");
  }

  state(name, text) {
    if (this.#host.dataset.state === name && this.#message.textContent === text) return;
    this.#host.dataset.state = name;
    this.#message.textContent = text;
    this.#message.hidden = !text;
    this.#message.setAttribute("role", name === "failed" ? "alert" : "status");
  }

  /** Show a MediaStream; null: none. */
  async preview(camera) {
    this.#button.textContent = camera ? "Stop" : "Start camera";
    this.video.srcObject = camera;
    if (!camera) return;
    await this.video.play();
    this.#host.style.setProperty("--aspect", this.video.videoWidth / this.video.videoHeight);
  }

  /** Show a frame with what was found in it: the very frame, so that boxes sit where they belong. */
  show(image, result) {
    draw(this.#canvas, image, result);
    this.list(result);
  }

  list(result) {
    this.#found.replaceChildren(...found(result).map(({ id, label, text }) =>
      h("li", { class: "tv-chip", "data-label": label, style: { "--colour": colour(id) } }, label, h("b", {}, text))));
    if (result) this.#meta.replaceChildren(`${result.model} · version ${result.version}`, provenance(result.weights));
  }

  note(text) {
    this.#note.textContent = text;
  }

  figures({ rate, latency, dropped, frames }) {
    this.#figures.rate.textContent = rate.toFixed(1);
    this.#figures.latency.textContent = latency == null ? "–" : Math.round(latency);
    this.#figures.dropped.textContent = dropped;
    this.#figures.share.textContent = frames ? `of ${plural(frames, "frame")}, ${percent(dropped / frames)}` : "";
  }
}

function figure(name, label, ...value) {
  return h("div", { class: "tv-live-figure", "data-figure": name }, h("dt", {}, label), h("dd", {}, ...value));
}

function provenance(weights) {
  return h("span", { class: weights === "untrained" ? "tv-badge tv-badge-bad" : "tv-badge" }, `${weights} weights`);
}

function invitation() {
  return h("div", { class: "tv-live-idle" }, h("div", { class: "tv-empty-mark", "aria-hidden": true }),
    h("strong", {}, "See what the models see, live"),
    h("p", { class: "tv-quiet" }, "Frames go to the server, are looked at and forgotten. Leaving this tab switches the camera off."));
}
