// A task that this page does not know: what the gateway said, as it said it.
import { h } from "../dom.js";

export class Raw {
  constructor(data) {
    this.node = h("div", {}, h("img", { class: "tv-picture", src: data.image, alt: "The picture that was sent" }),
      h("pre", { class: "tv-raw", tabindex: 0 }, JSON.stringify(data.raw ?? {}, null, 2)));
  }

  update() {}
}
