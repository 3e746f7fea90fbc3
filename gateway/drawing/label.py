"""What is written on a picture about one finding."""

from typing import NamedTuple


class Label(NamedTuple):
    """`confidence` is 0 to 1; the class gives the colour."""

    text: str
    confidence: float
    class_id: int

    @property
    def percent(self) -> str:
        rounded = f"{self.confidence:.0%}"
        return "<1%" if rounded == "0%" else rounded

    def __str__(self) -> str:
        return f"{self.text} {self.percent}"
