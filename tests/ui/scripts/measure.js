// Rectangles of the boxes on the screen, and of the picture they lie on, with its own size.
(viewer) => {
  const rectangle = (node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const image = viewer.querySelector("img.tv-picture");
  const boxes = [...viewer.querySelectorAll(".tv-box")].map((box) => [box.dataset.label, rectangle(box)]);
  return { boxes, picture: rectangle(image), size: [image.naturalWidth, image.naturalHeight] };
}
