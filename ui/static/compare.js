// <tv-compare>: two answers about one picture. Boxes that only one side found are highlighted, the others step back.
// `data` is {left, right} as <tv-viewer> takes them, {error, retry}, or null.
import { define, h, plural } from "./dom.js";
import { sure } from "./render/detect.js";

const SAME = 0.5; // overlap (intersection over union) from which two boxes of one class are one object

class Compare extends HTMLElement {
  #data = null;

  connectedCallback() {
    if (this.summary) return;
    this.summary = h("p", { class: "tv-summary", role: "status" });
    const hint = "Give a picture: what only one side finds will stand out.";
    this.problem = h("tv-viewer", { hint });
    this.problem.addEventListener("retry", () => this.dispatchEvent(new CustomEvent("retry")));
    this.sides = { left: h("tv-viewer"), right: h("tv-viewer") };
    this.both = h("div", { class: "tv-pair" }, this.side("left", "Left"), this.side("right", "Right"));
    this.replaceChildren(this.summary, this.problem, this.both);
    this.data = this.#data;
  }

  side(name, title) {
    return h("section", { "aria-label": title, "data-side": name }, h("h3", {}, title), this.sides[name]);
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data || null;
    const ready = Boolean(data?.left);
    this.both.hidden = this.summary.hidden = !ready;
    this.problem.hidden = ready;
    if (!ready) {
      this.problem.data = this.#data;
      return;
    }
    for (const [name, viewer] of Object.entries(this.sides)) viewer.data = data[name];
    this.#match();
  }

  /** Show one side, "left" or "right", from another confidence on, without any request. */
  set confidence([name, value]) {
    this.sides[name].confidence = value;
    if (this.#data?.left) this.#match();
  }

  #match() {
    const { left, right } = this.sides;
    const [ours, theirs] = [left, right].map((viewer) => sure(viewer.data, viewer.confidence));
    const pairs = matched(ours, theirs);
    const alone = (boxes, place) => new Set(boxes.map((one) => one.index).filter((index) => !pairs.some((pair) => pair[place] === index)));
    left.only = alone(ours, 0);
    right.only = alone(theirs, 1);
    this.summary.replaceChildren(h("b", {}, `${pairs.length} in both`),
      ` · ${plural(ours.length - pairs.length, "object")} only left · ${plural(theirs.length - pairs.length, "object")} only right`);
  }
}

/** Return pairs of indices of boxes that are one object, the most overlapping first; each box is used once. */
export function matched(ours, theirs) {
  const candidates = ours.flatMap((a) => theirs.filter((b) => a.label === b.label).map((b) => [a.index, b.index, overlap(a, b)]));
  const [left, right] = [new Set(), new Set()];
  return candidates.filter(([, , share]) => share >= SAME).sort((a, b) => b[2] - a[2]).filter(([a, b]) => {
    if (left.has(a) || right.has(b)) return false;
    left.add(a);
    right.add(b);
    return true;
  });
}

function overlap(a, b) {
  const width = Math.min(a.x_max, b.x_max) - Math.max(a.x_min, b.x_min);
  const height = Math.min(a.y_max, b.y_max) - Math.max(a.y_min, b.y_min);
  if (width <= 0 || height <= 0) return 0;
  const area = (one) => (one.x_max - one.x_min) * (one.y_max - one.y_min);
  return (width * height) / (area(a) + area(b) - width * height);
}

define("tv-compare", Compare);
