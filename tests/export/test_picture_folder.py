"""Which files of a folder are pictures, and which are taken where there are too many."""

import itertools
from pathlib import Path

from export.picture_folder import evenly, picture_files


def test_pictures_are_found_in_folders_below_and_by_any_spelling_of_their_suffix(tmp_path: Path) -> None:
    for name in ("b.JPG", "a/c.png", "a/notes.txt", "a/d.webp/e.jpeg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [file.relative_to(tmp_path).as_posix() for file in picture_files(tmp_path)] == [
        "a/c.png",
        "a/d.webp/e.jpeg",
        "b.JPG",
    ]


def test_of_too_many_the_same_share_is_taken_from_everywhere() -> None:
    files = [Path(str(number)) for number in range(250)]
    chosen = [int(file.name) for file in evenly(files, 100)]
    assert len(chosen) == len(set(chosen)) == 100
    assert {later - earlier for earlier, later in itertools.pairwise(chosen)} == {2, 3}
    assert evenly(files[:7], 100) == files[:7]
    assert evenly([], 100) == []
