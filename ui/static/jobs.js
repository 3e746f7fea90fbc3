// <tv-batch>: the jobs of a batch, how far they are, and what they found. `data` is what ui/batch/shown.py makes.
// Asks for news ("refresh") while jobs are open and it is looked at; "cancel" and "pack" are said by its buttons.
import { define, h, plural } from "./dom.js";
import { gallery } from "./jobs/gallery.js";
import { jobs } from "./jobs/list.js";

const NEWS_MS = 700;
const LOST_MS = 15_000; // an answer that has not come by then does not come

class Batch extends HTMLElement {
  #data = null;
  #saved = "";
  #timer = 0;

  connectedCallback() {
    if (this.hasChildNodes()) return;
    this.headline = h("div", { class: "tv-batch-head" });
    this.trouble = h("p", { class: "tv-batch-trouble", role: "alert", hidden: true });
    this.jobs = h("ol", { class: "tv-jobs" });
    this.problems = h("ul", { class: "tv-problems" });
    this.gallery = h("div", { class: "tv-gallery" });
    this.replaceChildren(this.headline, this.trouble, this.jobs, this.problems, this.gallery);
    this.#show();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  set data(data) {
    this.#data = data?.total ? data : null;
    this.#show();
    this.#later(NEWS_MS);
    if (data?.archive && data.archive !== this.#saved) {
      this.#saved = data.archive;
      h("a", { href: data.archive, download: "results.zip" }).click();
    }
  }

  #later(time) {
    clearTimeout(this.#timer);
    if (!this.#data?.running) return;
    this.#timer = setTimeout(() => {
      if (this.offsetParent && !document.hidden) this.dispatchEvent(new CustomEvent("refresh"));
      this.#later(this.offsetParent ? LOST_MS : NEWS_MS);
    }, time);
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #show() {
    const data = this.#data;
    this.trouble.hidden = !data?.trouble;
    this.trouble.textContent = data?.trouble ? `${data.trouble} Your jobs go on; this page keeps looking.` : "";
    if (data?.trouble) document.dispatchEvent(new CustomEvent("tv-failed"));
    if (!data) {
      this.headline.replaceChildren(empty());
      return;
    }
    this.headline.replaceChildren(...this.#head(data));
    jobs(this.jobs, data.jobs, (job) => this.#say("cancel", { job }));
    this.problems.replaceChildren(...data.problems.map(({ name, sentence }) => h("li", {}, h("b", {}, name), ` ${sentence}`)));
    gallery(this.gallery, data.pictures);
  }

  #head({ total, done, running, pictures }) {
    const title = running ? `${done} of ${plural(total, "picture")}` : `${plural(pictures.length, "picture")} of ${total} looked at`;
    const button = (text, name, disabled) => h("button", { class: "tv-button", type: "button", disabled, onclick: () => this.#say(name) }, text);
    return [h("h2", { role: "status" }, title),
      h("div", { class: "tv-actions" }, running ? button("Cancel all", "cancel") : null, button("Download ZIP", "pack", !pictures.length)),
      h("progress", { max: total, value: done, "aria-label": "Pictures done" })];
  }
}

function empty() {
  return h("div", { class: "tv-empty" }, h("div", { class: "tv-empty-mark", "aria-hidden": true }),
    h("strong", {}, "Many pictures at once"),
    h("p", {}, "Choose files and press Start. They are worked on in the background, and you take the results along as a ZIP."));
}

define("tv-batch", Batch);
