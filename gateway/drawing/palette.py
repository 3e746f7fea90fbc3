"""A colour for every class, the same in every picture."""

RGB = tuple[int, int, int]

# Saturated, to stand out from photographs; bright, to bear dark letters; neighbours far apart.
COLOURS: tuple[RGB, ...] = (
    (255, 92, 80),
    (64, 196, 255),
    (255, 202, 40),
    (102, 217, 120),
    (196, 128, 255),
    (255, 145, 60),
    (38, 214, 193),
    (255, 110, 180),
    (110, 145, 255),
    (190, 220, 60),
    (240, 120, 240),
    (120, 225, 240),
)
INK: RGB = (16, 18, 22)
PAPER: RGB = (255, 255, 255)
WARNING: RGB = (255, 176, 32)


def colour(class_id: int) -> RGB:
    return COLOURS[class_id % len(COLOURS)]
