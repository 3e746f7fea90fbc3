// A figure with its name, its unit and a few words below, and how figures are written.
import { h } from "../dom.js";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const number = (value) => (Math.abs(value) < 100 ? fine : whole).format(value);
export const milliseconds = (value) => number(value);
export const bytes = (megabytes) => (megabytes < 1024 ? `${whole.format(megabytes)} MB` : `${fine.format(megabytes / 1024)} GB`);

export function duration(seconds) {
  const steps = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const at = steps.findIndex(([size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [size, unit] = steps[at];
  const [below, smaller] = steps[at + 1] ?? [0, ""];
  const rest = below ? Math.floor((seconds % size) / below) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}

/** `notes` are short texts, null ones are left out; `state` is "good", "warn", "bad" or nothing; `line` a Sparkline. */
export function tile(name, value, notes, { unit = "", state = "", line = null } = {}) {
  return h("section", { class: `tv-tile ${state && `tv-tile-${state}`}`, "data-tile": name },
    h("h3", {}, name),
    h("p", { class: "tv-tile-value" }, value, unit ? h("small", {}, unit) : null),
    ...notes.filter(Boolean).map((note) => h("p", { class: "tv-tile-note" }, note)),
    line ? line.draw() : null);
}
