"""What is shown on a terminal, and what is kept out of a log."""

import io

from export.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_phase_redraws_one_line_of_a_terminal() -> None:
    terminal = Terminal()
    Console(terminal).phase("Building", 1, 4)
    assert terminal.getvalue() == "\r\033[K  Building (25 %) "


def test_a_phase_without_steps_is_no_error() -> None:
    Console(Terminal()).phase("Building", 0, 0)


def test_a_log_has_steps_but_no_progress() -> None:
    log = io.StringIO()
    console = Console(log)
    with console.step("build"):
        console.phase("Building", 1, 4)
        console.progress(1, 2)
    assert log.getvalue().startswith("build ... ")
    assert log.getvalue().count("\n") == 1
    assert "Building" not in log.getvalue()
