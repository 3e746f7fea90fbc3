// Boxes on the picture, a legend that switches classes, and a table.
import { h, percent, plural, save } from "../dom.js";
import { colour } from "../palette.js";
import { Table, csv } from "./table.js";

export class Detections {
  constructor(data, state) {
    this.data = data;
    this.state = state;
    this.count = h("p", { class: "tv-count", role: "status" });
    this.image = h("img", { class: "tv-picture", src: data.image });
    this.boxes = h("div", { class: "tv-boxes", "aria-hidden": true });
    this.legend = h("div", { class: "tv-legend", role: "group", "aria-label": "Classes: press to hide or show" });
    this.table = new Table(state, (index, on) => this.mark(index, on));
    const actions = h("div", { class: "tv-actions" }, this.button("CSV", "text/csv", csv), this.button("JSON", "application/json", json));
    const foot = h("div", { class: "tv-list" }, h("div", { class: "tv-list-head" }, h("h3", {}, "Detections"), actions), this.table.node);
    this.node = h("div", { class: data.height > data.width ? "tv-detections tv-upright" : "tv-detections" }, this.count, this.legend, h("div", { class: "tv-figure", style: { "--aspect": data.width / data.height } }, this.image, this.boxes), foot);
  }

  /** What is sure enough, with the place of each in the answer. */
  get sure() {
    return sure(this.data, this.state.confidence);
  }

  get shown() {
    return this.sure.filter((one) => !this.state.hidden.has(one.class_id));
  }

  update() {
    const { shown, sure: all } = this;
    this.count.textContent = all.length ? plural(shown.length, "object") : "Nothing found at this confidence";
    this.image.alt = `Your picture with ${plural(shown.length, "object")} found${list(shown)}`;
    this.boxes.replaceChildren(...shown.map((one) => this.box(one)).reverse()); // the surest on top
    this.legend.replaceChildren(...this.chips(all));
    this.table.update(shown);
  }

  box(one) {
    const { width, height } = this.data;
    const share = (part, whole) => `${(100 * part) / whole}%`;
    const style = {
      left: share(one.x_min, width), top: share(one.y_min, height), "--colour": colour(one.class_id),
      width: share(one.x_max - one.x_min, width), height: share(one.y_max - one.y_min, height),
    };
    const { only } = this.state;
    const kind = only == null ? "" : only.has(one.index) ? " tv-box-only" : " tv-box-both";
    // The label stands above the box, on its left; where the picture ends there, it does not.
    const place = (one.y_min / height < 0.05 ? " tv-box-inside" : "") + (one.x_min / width > 0.85 ? " tv-box-right" : "");
    return h("div", { class: `tv-box${kind}${place}`, "data-index": one.index, "data-label": one.label, style },
      h("span", {}, `${one.label} ${percent(one.confidence)}`));
  }

  chips(all) {
    const counts = new Map();
    for (const one of all) counts.set(one.class_id, { label: one.label, count: (counts.get(one.class_id)?.count ?? 0) + 1 });
    return [...counts].sort((a, b) => b[1].count - a[1].count).map(([id, { label, count }]) =>
      h("button", { class: "tv-chip", type: "button", "aria-pressed": !this.state.hidden.has(id), "data-class": id,
        style: { "--colour": colour(id) }, onclick: () => this.toggle(id) }, label, h("b", {}, String(count))));
  }

  toggle(id) {
    const { hidden } = this.state;
    if (!hidden.delete(id)) hidden.add(id);
    this.update();
    this.legend.querySelector(`[data-class="${id}"]`)?.focus(); // the button was made anew
  }

  mark(index, on) {
    this.boxes.querySelector(`[data-index="${index}"]`)?.classList.toggle("tv-box-marked", on);
  }

  button(name, type, text) {
    const onclick = () => save(`detections.${name.toLowerCase()}`, text(this.shown, this.data), type);
    return h("button", { class: "tv-button", type: "button", onclick, "aria-label": `Download what is shown as ${name}` }, name);
  }
}

export function sure({ detections }, confidence) {
  return detections.map((one, index) => ({ ...one, index })).filter((one) => one.confidence >= (confidence ?? 0));
}

function list(shown) {
  return shown.length ? `: ${[...new Set(shown.map((one) => one.label))].join(", ")}` : "";
}

function json(shown, { model, version, weights, width, height }) {
  const detections = shown.map(({ index, ...one }) => one);
  return JSON.stringify({ model, version, weights, image: { width, height }, detections }, null, 2);
}
