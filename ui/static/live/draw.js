// A frame and what was found in it, on a canvas; one function for each kind of result.
import { percent } from "../dom.js";
import { INK, colour } from "../palette.js";

const LINE = 3;
const FONT = 14;

function boxes(context, { detections, image }) {
  const { width, height } = context.canvas;
  const unit = devicePixelRatio;
  context.lineWidth = LINE * unit;
  context.font = `700 ${FONT * unit}px ${getComputedStyle(context.canvas).fontFamily}`;
  for (const one of [...detections].reverse()) { // the surest on top
    const [x, y] = [(one.x_min * width) / image.width, (one.y_min * height) / image.height];
    context.strokeStyle = colour(one.class_id);
    context.strokeRect(x, y, (one.x_max * width) / image.width - x, (one.y_max * height) / image.height - y);
    caption(context, `${one.label} ${percent(one.confidence)}`, x, y, unit, colour(one.class_id));
  }
}

/** Above the corner, or below it where the picture ends; and never beyond the right edge. */
function caption(context, text, x, y, unit, background) {
  const height = (FONT + 6) * unit;
  const top = y < height ? y : y - height;
  const width = context.measureText(text).width + 10 * unit;
  const left = Math.max(0, Math.min(x - (LINE * unit) / 2, context.canvas.width - width));
  context.fillStyle = background;
  context.fillRect(left, top, width, height);
  context.fillStyle = INK;
  context.textBaseline = "middle";
  context.fillText(text, left + 5 * unit, top + height / 2);
}

const DRAW = { detections: boxes };

/** Draw a frame and its result, where there is one. The canvas has the pixels of the screen, so that lines stay sharp. */
export function draw(canvas, image, result) {
  const context = canvas.getContext("2d");
  resize(canvas, Math.round(canvas.clientWidth * devicePixelRatio), Math.round(canvas.clientHeight * devicePixelRatio));
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  for (const [kind, drawn] of Object.entries(DRAW)) if (result?.[kind]) drawn(context, result);
}

/** Only where it changes: each time takes new memory. */
function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** Return what is listed in words: [{id, label, text}]. */
export function found(result) {
  if (result?.classifications) {
    return result.classifications.map(({ class_id, label, confidence }) => ({ id: class_id, label, text: percent(confidence) }));
  }
  const counts = new Map();
  for (const { class_id: id, label } of result?.detections ?? []) counts.set(id, { id, label, count: (counts.get(id)?.count ?? 0) + 1 });
  return [...counts.values()].sort((a, b) => a.id - b.id).map(({ count, ...one }) => ({ ...one, text: String(count) }));
}
