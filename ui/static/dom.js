// What all custom elements share. Text is only ever set as text: labels come from files that others wrote.

/** Make an element: h("button", {class: "x", onclick: f, "aria-pressed": true}, "text", other). */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([key, one]) => node.style.setProperty(key, one));
    else if (value === true) node.setAttribute(name, name.startsWith("aria-") ? "true" : "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
    else if (name.startsWith("aria-") && value === false) node.setAttribute(name, "false");
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Define a custom element; properties that were set on it before this file was loaded are not lost. */
export function define(name, kind, properties = ["data"]) {
  const connected = kind.prototype.connectedCallback;
  kind.prototype.connectedCallback = function connectedCallback() {
    connected?.call(this);
    for (const property of properties) {
      if (!Object.hasOwn(this, property)) continue;
      const value = this[property];
      delete this[property];
      this[property] = value;
    }
  };
  customElements.define(name, kind);
}

export const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Let the browser save `text` as a file. */
export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
