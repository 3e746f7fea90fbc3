"""A panel in the upper left corner: labels, best first, each with a bar for its confidence."""

from dataclasses import dataclass

from gateway.drawing.canvas import Canvas
from gateway.drawing.label import Label
from gateway.drawing.palette import INK, PAPER, colour

PANEL = (*INK, 205)
TRACK = (*PAPER, 50)


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a label stands: `left` and `right` of text and bar, `top` and `height` of the row, in pixels."""

    left: float
    right: float
    top: float
    height: float


def draw_ranking(canvas: Canvas, labels: list[Label]) -> None:
    if not labels:
        return
    ascent, descent = canvas.font.getmetrics()
    margin, height = 2 * canvas.pad, ascent + descent + 2 * canvas.pad + canvas.line
    right = min(2 * margin + _width(canvas, labels), max(canvas.width - margin, 2 * margin))
    foot = canvas.pad + margin + height * len(labels) + canvas.pad
    canvas.draw.rounded_rectangle((canvas.pad, canvas.pad, right + canvas.pad, foot), radius=canvas.pad, fill=PANEL)
    for i, label in enumerate(labels):
        row = _Row(margin + canvas.pad / 2, right - canvas.pad / 2, margin + i * height, height)
        _draw_text(canvas, row, label)
        _draw_bar(canvas, row, label)


def _width(canvas: Canvas, labels: list[Label]) -> float:
    """Make room for the longest label, and for a bar whose length can be told apart."""
    return max(12 * canvas.pad, *(canvas.font.getlength(str(label)) + 2 * canvas.pad for label in labels))


def _draw_text(canvas: Canvas, row: _Row, label: Label) -> None:
    middle = row.top + (row.height - canvas.line - canvas.pad) / 2
    number = canvas.font.getlength(label.percent) + canvas.pad
    text = canvas.fitted(label.text, row.right - row.left - number)
    canvas.draw.text((row.left, middle), text, PAPER, canvas.font, anchor="lm")
    canvas.draw.text((row.right, middle), label.percent, PAPER, canvas.font, anchor="rm")


def _draw_bar(canvas: Canvas, row: _Row, label: Label) -> None:
    bottom = row.top + row.height - canvas.pad / 2
    top = bottom - canvas.line
    length = (row.right - row.left) * min(max(label.confidence, 0), 1)
    canvas.draw.rectangle((row.left, top, row.right, bottom), fill=TRACK)
    if length >= 1:
        canvas.draw.rectangle((row.left, top, row.left + length, bottom), fill=colour(label.class_id))
