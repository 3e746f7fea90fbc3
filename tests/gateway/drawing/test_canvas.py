import pytest
from PIL import Image

from gateway.drawing.canvas import Canvas
from gateway.drawing.label import Label
from gateway.drawing.palette import COLOURS, INK, RGB, WARNING, colour
from gateway.drawing.ranking import draw_ranking

LABELS = [Label("trolleybus, trolley coach, trackless trolley", 0.61, 1), Label("bus", 0.001, 2)]


def luminance(shade: RGB) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = ((v / 255 / 12.92) if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in shade)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("plate", [*COLOURS, WARNING])
def test_labels_can_be_read(plate: RGB) -> None:
    """WCAG 2.2, 1.4.3: contrast of at least 4.5."""
    assert (luminance(plate) + 0.05) / (luminance(INK) + 0.05) >= 4.5


def test_a_box_is_where_it_was_asked_for_in_the_colour_of_its_class() -> None:
    image = Image.new("RGB", (200, 100))
    Canvas(image).boxes([((50, 20, 150, 80), Label("", 0.5, 3))])
    for point in ((50, 50), (150, 50), (140, 20), (100, 80)):
        assert image.getpixel(point) == colour(3)
    assert image.getpixel((100, 50)) == (0, 0, 0)


def test_lines_and_letters_grow_with_the_picture() -> None:
    small, large = (Canvas(Image.new("RGB", size)) for size in ((320, 240), (4000, 3000)))
    assert large.line > 3 * small.line
    assert large.font.size > 3 * small.font.size


def test_labels_of_one_place_do_not_cover_each_other() -> None:
    image = Image.new("RGB", (400, 300))
    place = (100, 100, 300, 200)
    Canvas(image).boxes([(place, Label("dog", 0.5, class_id)) for class_id in (0, 1, 2)])
    counts = {shade: count for count, shade in image.getcolors(maxcolors=100_000) or []}
    areas = [counts[colour(class_id)] for class_id in (1, 2)]  # plates, for the box of the first covers the others
    assert areas[0] == pytest.approx(areas[1], rel=0.2)


def test_the_first_is_on_top_where_there_is_no_room() -> None:
    image = Image.new("RGB", (60, 20))
    Canvas(image).boxes([((0, 0, 60, 20), Label("dog", 0.5, class_id)) for class_id in range(5)])
    shown = {shade for _, shade in image.getcolors(maxcolors=100_000) or []}
    assert colour(0) in shown
    assert colour(4) not in shown


@pytest.mark.parametrize("box", [(-10, -10, 50, 50), (90, 90, 500, 500), (50, 50, 50, 50), (60, 60, 20, 20)])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (4000, 2), (100, 100)])
def test_no_box_and_no_picture_is_too_odd(box: tuple[float, float, float, float], size: tuple[int, int]) -> None:
    canvas = Canvas(Image.new("RGB", size))
    canvas.boxes([(box, LABELS[0])])
    canvas.banner("untrained weights")
    draw_ranking(canvas, LABELS)


def test_text_is_shortened_to_what_fits() -> None:
    canvas = Canvas(Image.new("RGB", (640, 480)))
    shortened = canvas.fitted(LABELS[0].text, 100)
    assert shortened.endswith("…")
    assert canvas.font.getlength(shortened) <= 100
    assert canvas.fitted("bus", 100) == "bus"


def test_a_ranking_is_drawn_in_the_corner_and_an_empty_one_is_not() -> None:
    image = Image.new("RGB", (640, 480), (0, 80, 160))
    draw_ranking(Canvas(image), [])
    assert image.getcolors() == [(640 * 480, (0, 80, 160))]
    draw_ranking(Canvas(image), LABELS)
    assert image.getpixel((12, 40)) != (0, 80, 160)
    assert image.getpixel((600, 440)) == (0, 80, 160)


@pytest.mark.parametrize(("confidence", "text"), [(0.873, "87%"), (0.004, "<1%"), (1.0, "100%")])
def test_percent(confidence: float, text: str) -> None:
    assert Label("bus", confidence, 0).percent == text
