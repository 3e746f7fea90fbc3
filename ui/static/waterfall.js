// <tv-waterfall>: where the time of one request went, as bars one after the other. `data` is what `Timing.as_dict()` of
// ui/gateway/timing.py gives: {stages: [{name, milliseconds}, …], total_ms, round_trip_ms, prepare_ms, network_ms}.
import { define, h } from "./dom.js";

const WORDS = {
  prepare: ["Prepare", "This page checks the picture and makes it smaller where that loses nothing"],
  network: ["Network", "Between this page's server and the gateway"],
  read: ["Upload", "The gateway reads and checks the picture"],
  queue: ["Queue", "Waiting for a free place in the gateway"],
  infer: ["Inference", "Decoding, the model and its boxes, in Triton, its queues included"],
  draw: ["Draw", "The gateway draws on the picture"],
  other: ["Other", "What the gateway does besides"],
};

class Waterfall extends HTMLElement {
  set data(data) {
    const rows = data ? parts(data) : [];
    const whole = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    this.hidden = !rows.length;
    if (this.hidden) return this.replaceChildren();
    let start = 0;
    const items = rows.map(({ name, milliseconds }) => {
      const item = row(name, milliseconds, start / whole, milliseconds / whole);
      start += milliseconds;
      return item;
    });
    this.replaceChildren(
      h("p", { class: "tv-waterfall-head" }, h("span", {}, this.getAttribute("heading") ?? "Where the time went"), h("b", {}, text(whole))),
      h("ol", { class: "tv-waterfall" }, ...items));
  }
}

/** The parts in the order of time; what was not measured is not shown. */
function parts({ stages, total_ms: total, prepare_ms: prepare = 0, network_ms: network = 0 }) {
  const known = stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const all = [
    { name: "prepare", milliseconds: prepare },
    { name: "network", milliseconds: network },
    ...stages,
    { name: "other", milliseconds: Math.max(total - known, 0) },
  ];
  return all.filter(({ milliseconds }) => milliseconds >= 0.005);
}

function row(name, milliseconds, start, share) {
  const [word, meaning] = WORDS[name] ?? [name, ""];
  return h("li", { title: meaning, "data-stage": name },
    h("span", { class: "tv-waterfall-name" }, word),
    h("span", { class: "tv-waterfall-track", "aria-hidden": true }, h("span", { style: { "--start": start, "--share": share } })),
    h("span", { class: "tv-waterfall-value" }, text(milliseconds)));
}

const text = (milliseconds) => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;

define("tv-waterfall", Waterfall);
