// The most probable classes as bars.
import { h, percent, save } from "../dom.js";
import { colour } from "../palette.js";

export class Classifications {
  constructor(data) {
    const bars = data.classifications.map(bar);
    this.node = h("div", { class: "tv-classes" },
      h("img", { class: "tv-picture tv-picture-small", src: data.image, alt: description(data) }),
      h("ol", { class: "tv-bars", "aria-label": "Most probable classes" }, ...bars),
      h("div", { class: "tv-actions" }, h("button", { class: "tv-button", type: "button", onclick: () => download(data) }, "Download JSON")));
  }

  update() {}
}

function bar({ label, confidence, class_id }) {
  const style = { "--share": confidence, "--colour": colour(class_id) };
  return h("li", { class: "tv-bar", style }, h("span", { class: "tv-bar-label" }, label),
    h("span", { class: "tv-bar-value" }, percent(confidence)), h("span", { class: "tv-bar-track", "aria-hidden": true }));
}

function description({ classifications: [best] }) {
  return best ? `Your picture, most probably: ${best.label}, ${percent(best.confidence)}` : "Your picture";
}

function download({ model, version, weights, classifications }) {
  const text = JSON.stringify({ model, version, weights, classifications }, null, 2);
  save("classifications.json", text, "application/json");
}
