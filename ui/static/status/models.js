// The models that are served, with the provenance of their weights.
import { h } from "../dom.js";

export function models(list) {
  if (!list.length) {
    return h("div", { class: "tv-empty" }, h("strong", {}, "No model is served yet"), h("p", {}, "make export brings some."));
  }
  return h("section", { class: "tv-models", "aria-label": "Models" },
    h("h2", {}, "Models"),
    h("div", { class: "tv-model-list" }, ...list.map(model)));
}

function model({ name, task, engine, version, weights, file, sha256, licence, defaults, ready }) {
  const untrained = weights === "untrained";
  return h("article", { class: "tv-panel tv-model", "data-model": name },
    h("header", {},
      h("h3", {}, engine),
      h("span", { class: "tv-badge" }, task),
      h("span", { class: ready ? "tv-dot tv-dot-good" : "tv-dot tv-dot-bad" }, ready ? "ready" : "not ready")),
    h("dl", {},
      ...fact("Pipeline", `${name}, version ${version}`),
      ...fact("Weights", h("span", { class: untrained ? "tv-badge tv-badge-bad" : "tv-badge" }, weights)),
      ...fact("File", file || null),
      ...fact("SHA-256", sha256 ? h("code", { title: sha256 }, `${sha256.slice(0, 12)}…`) : null),
      ...fact("Licence", licence || null),
      ...fact("Defaults", Object.entries(defaults).map(([key, value]) => `${key.replaceAll("_", " ")} ${value}`).join(", ") || null)),
    untrained ? h("p", { class: "tv-model-warning" }, "These weights were never trained: the answers mean nothing.") : null);
}

function fact(name, value) {
  return value == null ? [] : [h("dt", {}, name), h("dd", {}, value)];
}
