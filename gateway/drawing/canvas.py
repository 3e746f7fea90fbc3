"""Boxes with their labels, and banners, in sizes that suit the picture."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from gateway.drawing.label import Label
from gateway.drawing.palette import INK, RGB, WARNING, colour

Box = tuple[float, float, float, float]
SHADE = (*INK, 150)
# In parts of the picture's mean side: about 4 and 20 pixels for a picture of 1000.
LINE = 1 / 260
TEXT = 1 / 46
LEAST_TEXT = 10  # smaller letters cannot be read


class Canvas:
    """Draws into `image` (RGB) itself. All coordinates are in its pixels, boxes are x_min, y_min, x_max, y_max."""

    def __init__(self, image: Image.Image) -> None:
        self.width, self.height = image.size
        side = (self.width + self.height) / 2
        self.line = max(1, round(side * LINE))
        self.font = font_of(max(LEAST_TEXT, round(side * TEXT)))
        self.pad = max(2, round(self.font.size / 3))
        self.draw = ImageDraw.Draw(image, "RGBA")
        self._taken: list[Box] = []

    def boxes(self, labelled: list[tuple[Box, Label]]) -> None:
        """Draw boxes and their labels; of two in one place, the one that comes first in the list is on top."""
        plates = [self._place(box, str(label)) for box, label in labelled]
        for box, label in reversed(labelled):
            self._box(box, colour(label.class_id))
        for plate, (_, label) in zip(reversed(plates), reversed(labelled), strict=True):
            self._plate(plate, str(label), colour(label.class_id))

    def banner(self, text: str) -> None:
        """Put a warning into the lower left corner."""
        width, height = self._plate_size(text)
        self._plate((0, self.height - height, width, self.height), text, WARNING)

    def fitted(self, text: str, width: float) -> str:
        """Shorten `text` until it is at most `width` wide."""
        if self.font.getlength(text) <= width:
            return text
        while text and self.font.getlength(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def _plate_size(self, text: str) -> tuple[float, float]:
        ascent, descent = self.font.getmetrics()
        return self.font.getlength(text) + 2 * self.pad, ascent + descent + self.pad

    def _plate(self, plate: Box, text: str, background: RGB) -> None:
        left, top, _, bottom = plate
        self.draw.rounded_rectangle(plate, radius=self.pad / 2, fill=background)
        self.draw.text((left + self.pad, (top + bottom) / 2), text, INK, self.font, anchor="lm")

    def _box(self, box: Box, shade: RGB) -> None:
        left, top, right, bottom = box
        right, bottom = max(right, left), max(bottom, top)
        edge = max(1, self.line // 3)
        around = (left - edge, top - edge, right + edge, bottom + edge)
        # A dark edge on both sides keeps the line visible on any background, one of its own colour included.
        self.draw.rectangle(around, outline=SHADE, width=self.line + 2 * edge)
        self.draw.rectangle((left, top, right, bottom), outline=shade, width=self.line)

    def _place(self, box: Box, text: str) -> Box:
        """Find a plate at the upper left corner of the box, or at the next best place that is free."""
        left, top, _, bottom = box
        width, height = self._plate_size(text)
        places = ((left, top - height), (left, top), (left, bottom), (left, bottom - height))
        plates = [self._inside(x, y, width, height) for x, y in places]
        plate = next((plate for plate in plates if self._free(plate)), plates[0])
        self._taken.append(plate)
        return plate

    def _inside(self, left: float, top: float, width: float, height: float) -> Box:
        """Move a plate into the picture, as far as it fits."""
        left = max(0, min(left, self.width - width))
        top = max(0, min(top, self.height - height))
        return left, top, left + width, top + height

    def _free(self, plate: Box) -> bool:
        return not any(_overlap(plate, taken) for taken in self._taken)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache(maxsize=64)
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, so that pictures look alike on every machine; `size` in pixels."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, which labels are drawn with")
    return font
