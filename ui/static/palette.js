// A colour for every class, the same as in the pictures that the gateway draws (gateway/drawing/palette.py).
const COLOURS = [
  "#ff5c50", "#40c4ff", "#ffca28", "#66d978", "#c480ff", "#ff913c",
  "#26d6c1", "#ff6eb4", "#6e91ff", "#bedc3c", "#f078f0", "#78e1f0",
];

export const INK = "#101216"; // readable on each of them
export const colour = (classId) => COLOURS[classId % COLOURS.length];
