// One line for each job: its files, how it stands, and a button to cancel it.
import { h, plural } from "../dom.js";

const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Update `list` in place: a button that was made anew would lose the keyboard's focus. */
export function jobs(list, told, cancel) {
  const known = new Map([...list.children].map((line) => [line.dataset.job, line]));
  list.replaceChildren(...told.map((job) => update(known.get(job.id) ?? line(job, cancel), job)));
}

function line(job, cancel) {
  const name = job.names.length > 1 ? `${job.names[0]} and ${plural(job.names.length - 1, "other")}` : job.names[0];
  const node = h("li", { "data-job": job.id, class: "tv-job" },
    h("span", { class: "tv-job-name", title: job.names.join("\n") }, name),
    h("span", { class: "tv-job-state" }),
    h("progress", { max: job.total, "aria-label": `Progress of ${name}` }),
    h("button", { class: "tv-button", type: "button", "aria-label": `Cancel ${name}`, onclick: () => cancel(job.id) }, "Cancel"),
    h("p", { class: "tv-job-problem" }));
  return node;
}

function update(node, job) {
  const part = (selector) => node.querySelector(selector);
  node.dataset.status = job.status;
  part(".tv-job-state").textContent = state(job);
  part("progress").value = job.done;
  part("button").hidden = FINAL.has(job.status);
  part(".tv-job-problem").textContent = job.problem;
  return node;
}

function state({ status, position, done, total }) {
  if (status === "queued") return position ? `Waiting, place ${position}` : "Waiting";
  if (status === "processing") return `${done} of ${total}`;
  return { completed: "Done", failed: "Failed", cancelled: "Cancelled" }[status];
}
