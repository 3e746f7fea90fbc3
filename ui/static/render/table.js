// A table of detections that sorts by any column. Rows mark their box while they are pointed at or focused.
import { h, percent } from "../dom.js";
import { colour } from "../palette.js";

const COLUMNS = [
  { key: "label", title: "Class", value: (one) => one.label },
  { key: "confidence", title: "Confidence", value: (one) => one.confidence, text: (one) => percent(one.confidence) },
  { key: "x", title: "Left", value: (one) => one.x_min },
  { key: "y", title: "Top", value: (one) => one.y_min },
  { key: "width", title: "Width", value: (one) => one.x_max - one.x_min },
  { key: "height", title: "Height", value: (one) => one.y_max - one.y_min },
];

export class Table {
  constructor(state, mark) {
    this.state = state;
    this.mark = mark;
    this.head = h("tr");
    this.body = h("tbody");
    this.node = h("div", { class: "tv-table", tabindex: 0, role: "region", "aria-label": "Detections, in pixels" },
      h("table", {}, h("thead", {}, this.head), this.body));
  }

  update(rows) {
    this.rows = rows;
    this.head.replaceChildren(...COLUMNS.map((column) => this.heading(column)));
    this.body.replaceChildren(...this.sorted().map((one) => this.row(one)));
  }

  heading({ key, title }) {
    const { column, up } = this.state.sort;
    const order = column === key ? (up ? "ascending" : "descending") : "none";
    return h("th", { scope: "col", "aria-sort": order, class: key === "label" ? "" : "tv-number" },
      h("button", { type: "button", "data-column": key, onclick: () => this.sort(key) }, title));
  }

  sort(key) {
    const { column, up } = this.state.sort;
    this.state.sort = { column: key, up: column === key ? !up : key === "label" };
    this.update(this.rows);
    this.head.querySelector(`[data-column="${key}"]`).focus(); // the button was made anew
  }

  sorted() {
    const { column, up } = this.state.sort;
    const { value } = COLUMNS.find(({ key }) => key === column);
    const order = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
    return [...this.rows].sort((a, b) => (up ? order(a, b) : order(b, a)));
  }

  row(one) {
    const on = () => this.mark(one.index, true);
    const off = () => this.mark(one.index, false);
    const cells = COLUMNS.map(({ key, value, text }) => {
      const content = text ? text(one) : typeof value(one) === "number" ? String(Math.round(value(one))) : value(one);
      return h("td", { class: key === "label" ? "tv-swatch" : "tv-number" }, content);
    });
    return h("tr", { "data-label": one.label, style: { "--colour": colour(one.class_id) }, onmouseenter: on, onmouseleave: off }, ...cells);
  }
}

/** Rows as a spreadsheet reads them; a text that looks like a formula is not one (a label may come from anywhere). */
export function csv(rows) {
  const quoted = (value) => (typeof value === "number" ? String(value) : `"${value.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`);
  const fields = ["label", "class_id", "confidence", "x_min", "y_min", "x_max", "y_max"];
  return [fields.join(","), ...rows.map((one) => fields.map((name) => quoted(one[name])).join(","))].join("\r\n") + "\r\n";
}
