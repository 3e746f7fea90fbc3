"""`python -m stack`: Triton, the gateway and the page in the foreground, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from embedded.processes import die_with_parent
from stack.settings import ENVIRONMENTS, Settings
from stack.supervisor import Stack, StackError

if TYPE_CHECKING:
    from types import FrameType

# A picture to try, if the export environment is there: it ships inside the ultralytics package.
SAMPLE = "export/lib/python3*/site-packages/ultralytics/assets/bus.jpg"


def main() -> int:
    die_with_parent(os.getppid())()
    for number in (signal.SIGINT, signal.SIGTERM):
        # SIGINT too: a shell without job control starts what it puts into the background with SIGINT ignored.
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        settings = Settings.from_environment()
        print("starting …", flush=True)
        with Stack(settings) as stack:
            print(banner(settings, time.monotonic() - started), flush=True)
            stack.watch()
    except KeyboardInterrupt:
        print("\nstopped")
        return 0
    except (StackError, ValueError) as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    return 0


def banner(settings: Settings, seconds: float) -> str:
    """Return what to do next: where everything listens, a line to try, and a warning about untrained weights."""
    lines = [
        "",
        f"ready after {seconds:.1f} s, stop with Ctrl-C",
        "",
        *([f"  page             {settings.ui_url}          (for people)"] if settings.ui_url else []),
        f"  gateway          {settings.gateway_url}          (API: {settings.gateway_url}/docs)",
        f"  Triton HTTP      http://{settings.triton_http}",
        f"  Triton gRPC      {settings.triton_grpc}",
        f"  Triton metrics   {settings.triton_metrics_url}",
        "",
        "try it:",
        "",
        f"  curl -F file=@{_sample()} {settings.gateway_url}/v1/detect",
        "",
    ]
    return "\n".join([*lines, *_warning(untrained(settings))])


def untrained(settings: Settings) -> list[str]:
    """Ask the gateway which pipelines run on untrained weights."""
    with urllib.request.urlopen(f"{settings.gateway_url}/v1/models", timeout=10) as answer:  # noqa: S310
        return [model["name"] for model in json.load(answer)["models"] if model["weights"] == "untrained"]


def _warning(names: list[str]) -> list[str]:
    if not names:
        return []
    text = f"!!  UNTRAINED WEIGHTS: {', '.join(names)}. The answers mean nothing.  !!"
    hint = "Put yolov8n.pt and resnet50.pth into weights/ (or allow network), then: make export, and make up again"
    return ["!" * len(text), text, "!" * len(text), hint, ""]


def _sample() -> str:
    found = sorted(Path(ENVIRONMENTS).glob(SAMPLE))
    return str(found[0]) if found else "photo.jpg"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
