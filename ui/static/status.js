// <tv-status>: how the server is doing. `data` is what ui/views/status.py makes: {models, stats, refused, stages}, null
// at first; `models` or `stats` may be {error}. Asks for news ("refresh") only while somebody looks at it.
import { define, h, plural } from "./dom.js";
import { models } from "./status/models.js";
import { Sparkline } from "./status/sparkline.js";
import { bytes, duration, milliseconds, number, tile } from "./status/tile.js";

const EVERY_MS = 2000;

class Status extends HTMLElement {
  #timer = 0;
  #visible = false;
  #speed = new Sparkline("Pictures a second, lately");
  #latency = new Sparkline("Median latency, lately");
  #observer = new IntersectionObserver(([entry]) => {
    this.#visible = entry.isIntersecting;
    this.#refresh();
  });

  connectedCallback() {
    this.#observer.observe(this);
    this.#timer = setInterval(() => this.#refresh(), EVERY_MS);
    if (!this.hasChildNodes()) this.data = null;
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    clearInterval(this.#timer);
  }

  set data(data) {
    if (!data) return this.replaceChildren(message("Asking the server …", ""));
    const { stats } = data;
    if (stats.error && data.models.error) return this.replaceChildren(message("The server cannot be asked", stats.error));
    this.replaceChildren(
      stats.error ? message("No figures", stats.error) : this.#figures(data),
      data.models.error ? message("No list of models", data.models.error) : models(data.models.models));
  }

  #refresh() {
    if (this.#visible && document.visibilityState === "visible") this.dispatchEvent(new CustomEvent("refresh"));
  }

  #figures({ stats, refused, stages }) {
    this.#speed.add(stats.current_fps);
    this.#latency.add(stats.p50_latency_ms);
    const waterfall = h("tv-waterfall", { heading: "Where the time goes, on average" });
    waterfall.data = stages;
    return h("div", { class: "tv-status" },
      h("div", { class: "tv-tiles" }, server(stats), throughput(stats, this.#speed), latency(stats, this.#latency), refusals(stats, refused), gpu(stats)),
      stages.stages.length ? h("section", { class: "tv-panel" }, waterfall) : null);
  }
}

function server({ triton, uptime_s }) {
  const notes = [`up ${duration(uptime_s)}`, triton.version ? `Triton ${triton.version}` : null];
  return tile("Server", triton.ready ? "Ready" : "Triton is away", notes, { state: triton.ready ? "good" : "bad" });
}

function throughput({ current_fps, answers, in_flight }, line) {
  const notes = [`${plural(answers, "picture")} answered`, `${number(in_flight)} in flight`];
  return tile("Throughput", number(current_fps), notes, { unit: "pictures/s", line });
}

function latency({ p50_latency_ms: median, p95_latency_ms: slow, avg_latency_ms: mean }, line) {
  if (median == null) return tile("Latency", "–", ["no picture yet"]);
  return tile("Latency", milliseconds(median), [`95 % within ${milliseconds(slow)} ms`, `mean ${milliseconds(mean)} ms`], { unit: "ms, median", line });
}

function refusals({ sheds, deadline_misses, requests }, refused) {
  const reasons = Object.entries(refused).map(([reason, count]) => `${number(count)} × ${reason.replaceAll("-", " ")}`);
  const notes = [`of ${plural(requests, "request")}`, ...reasons, deadline_misses ? `${number(deadline_misses)} too late` : null];
  return tile("Refused", number(sheds), notes, { state: sheds + deadline_misses > 0 ? "warn" : "" });
}

function gpu({ gpu_available, gpu_usage_percent: usage, gpu_memory_used_mb: used, gpu_memory_total_mb: total, gpu_temperature_c: heat }) {
  if (!gpu_available) return tile("GPU", "None", ["models run on the CPU"]);
  const notes = [total ? `${bytes(used)} of ${bytes(total)}` : null, heat == null ? null : `${heat} °C`];
  return tile("GPU", usage == null ? "–" : number(usage), notes, { unit: "% busy" });
}

function message(title, text) {
  return h("div", { class: "tv-empty" }, h("strong", {}, title), text ? h("p", {}, text) : null);
}

define("tv-status", Status);
