"""Numbers on command lines, refused in one line where they make no sense."""

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """Return a whole number, 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def positive_count(text: str) -> int:
    if not (number := count(text)):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return number
