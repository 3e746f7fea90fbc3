// <tv-samples>: pictures to try. `data` is a list of {name, title, image}; "choose" says which was pressed.
import { define, h } from "./dom.js";

class Samples extends HTMLElement {
  set data(samples) {
    this.replaceChildren(
      h("p", { class: "tv-quiet" }, "Or try an example"),
      h("div", { role: "group", "aria-label": "Examples" }, ...samples.map((one) => this.button(one))));
  }

  button({ name, title, image }) {
    const choose = () => this.dispatchEvent(new CustomEvent("choose", { detail: { name } }));
    return h("button", { type: "button", onclick: choose, title, "aria-label": `Example: ${title}` }, h("img", { src: image, alt: title }));
  }
}

define("tv-samples", Samples);
