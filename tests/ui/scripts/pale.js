// Texts with less contrast than WCAG AA asks for, 4.5 to 1 or 3 to 1 for large ones, each as "ratio text".
() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const paint = canvas.getContext("2d", { willReadFrequently: true });

  /** Any colour that CSS knows as red, green, blue, alpha. */
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, below) => below.map((part, at) => (top[at] * top[3] + part * (255 - top[3])) / 255);
  const behind = (node) => (node ? over(rgba(getComputedStyle(node).backgroundColor), behind(node.parentElement)) : [255, 255, 255]);

  // Relative luminance and contrast ratio: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

  const text = (node) => [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data.trim()).join("");
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !node.closest("[aria-hidden=true], [disabled]");
  const least = ({ fontSize, fontWeight }) => (parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24) ? 3 : 4.5);

  return [...document.querySelectorAll(".gradio-container *")]
    .filter((node) => text(node) && seen(node))
    .map((node) => {
      const style = getComputedStyle(node);
      const ground = behind(node);
      return { node, style, ratio: contrast(luminance(over(rgba(style.color), ground)), luminance(ground)) };
    })
    .filter(({ style, ratio }) => ratio < least(style))
    .map(({ node, ratio }) => `${ratio.toFixed(1)} ${text(node).slice(0, 40)}`);
}
