// The last values of a figure as a line: two minutes of them, newest on the right.
const LENGTH = 60;
const WIDTH = 120;
const HEIGHT = 28;
const SVG = "http://www.w3.org/2000/svg";

export class Sparkline {
  #values = [];

  constructor(title) {
    this.title = title;
  }

  add(value) {
    this.#values = [...this.#values, value ?? 0].slice(-LENGTH);
  }

  draw() {
    const svg = make("svg", { class: "tv-sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": this.title });
    const points = this.#points();
    svg.append(make("polygon", { points: `${points[0].split(",")[0]},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}` }), make("polyline", { points: points.join(" ") }));
    return svg;
  }

  #points() {
    const values = this.#values.length > 1 ? this.#values : [...this.#values, ...this.#values];
    const top = Math.max(...values) || 1;
    const left = WIDTH - ((values.length - 1) * WIDTH) / (LENGTH - 1);
    return values.map((value, index) => `${(left + (index * WIDTH) / (LENGTH - 1)).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`);
  }
}

function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
