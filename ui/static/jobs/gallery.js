// The pictures with what was found on them; one that is chosen is shown large.
import { h, percent, plural } from "../dom.js";

/** Update `grid` in place: only what is new is loaded. */
export function gallery(grid, pictures) {
  const known = new Map([...grid.children].map((figure) => [figure.dataset.image, figure]));
  const wanted = pictures.map((picture) => known.get(picture.image) ?? card(picture));
  if (wanted.length !== grid.children.length || wanted.some((one, place) => one !== grid.children[place])) grid.replaceChildren(...wanted);
}

function card(picture) {
  const text = words(picture);
  const image = h("img", { src: picture.image, alt: `${picture.name}: ${text}`, loading: "lazy" });
  image.addEventListener("error", () => figure.classList.add("tv-expired"));
  const open = h("button", { type: "button", "aria-label": `Show ${picture.name} large`, onclick: () => enlarge(picture, text) }, image);
  const figure = h("figure", { "data-image": picture.image, "data-name": picture.name }, open,
    h("figcaption", {}, h("b", {}, picture.name), h("span", {}, text), h("small", {}, "This picture is not kept any more. Please send it again.")));
  return figure;
}

function words({ detections, classifications, weights }) {
  const found = detections ? objects(detections) : classifications ? `${classifications[0]?.label} ${percent(classifications[0]?.confidence ?? 0)}` : "";
  return weights === "untrained" ? `${found} · untrained weights` : found;
}

function objects(detections) {
  const labels = [...new Set(detections.map((one) => one.label))];
  return labels.length ? `${plural(detections.length, "object")}: ${labels.join(", ")}` : "Nothing found";
}

function enlarge({ name, image }, text) {
  const dialog = h("dialog", { class: "tv-large", "aria-label": name, onclose: () => dialog.remove(), onclick: () => dialog.close() },
    h("img", { src: image, alt: `${name}: ${text}` }),
    h("p", {}, h("b", {}, name), ` ${text}`, h("button", { class: "tv-button", type: "button" }, "Close")));
  document.querySelector(".gradio-container").append(dialog);
  dialog.showModal();
}
