// <tv-connection>: the banner at the top. `data`: {state, sentence, again_ms, untrained: [engine, …]}.
// Asks for a ping ("ping") while the gateway is away, after a failure anywhere on the page ("tv-failed"), and when
// a visitor comes back: a page that nobody looks at asks nothing.
import { define, h } from "./dom.js";

const FORGOTTEN_MS = 30_000;

class Connection extends HTMLElement {
  #timer = 0;
  #seen = 0;
  #away = false;
  #onFailure = () => this.#ping();
  #onVisit = () => {
    if (document.visibilityState === "visible" && Date.now() - this.#seen > FORGOTTEN_MS) this.#ping();
  };

  connectedCallback() {
    this.setAttribute("role", "status");
    document.addEventListener("tv-failed", this.#onFailure);
    document.addEventListener("visibilitychange", this.#onVisit);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    document.removeEventListener("tv-failed", this.#onFailure);
    document.removeEventListener("visibilitychange", this.#onVisit);
  }

  set data(data) {
    if (!data) return;
    this.#seen = Date.now();
    this.#repeat(data);
    if (data.state === "ready" && this.#away) document.dispatchEvent(new CustomEvent("tv-awake"));
    this.#away = data.state !== "ready";
    this.replaceChildren(...banners(data));
  }

  /** An interval, not one timeout after each answer: an answer that is lost must not end the trying. */
  #repeat({ state, again_ms }) {
    clearInterval(this.#timer);
    if (state !== "ready") this.#timer = setInterval(() => this.#ping(), again_ms);
  }

  #ping() {
    this.dispatchEvent(new CustomEvent("ping"));
  }
}

function banners({ state, sentence, untrained }) {
  if (state === "waking") return [banner("waking", "Waking up …", `${sentence} This page goes on by itself.`)];
  if (state === "refusing") return [banner("warning", "The server refuses this page.", sentence)];
  if (!untrained.length) return [];
  return [banner("warning", "Untrained weights.", `What ${untrained.join(" and ")} answer${untrained.length > 1 ? "" : "s"} means nothing.`)];
}

function banner(kind, title, text) {
  return h("div", { class: `tv-banner tv-banner-${kind}` }, h("span", { class: "tv-banner-mark", "aria-hidden": true }),
    h("p", {}, h("strong", {}, title), " ", text));
}

define("tv-connection", Connection);
