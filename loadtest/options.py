"""The options of a run, for our command line and, without those that Locust has itself, for Locust's."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path

from loadtest.settings import KINDS, SHAPES, TASKS, Album, Load, Target

DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


def seconds(text: str) -> float:
    """Read `30`, `30s`, `5m`, `1h30m`."""
    found = DURATION.fullmatch(text)
    if not text or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 30s, 5m or 1h30m")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def positive(text: str) -> float:
    """Read a number above zero."""
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def at_least_zero(text: str) -> float:
    return 0.0 if float(text) == 0 else positive(text)


def count(text: str) -> int:
    """Read a number of things, at least one."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return value


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add what is asked and how: fields of `Target`, but for the gateway's address."""
    parser.add_argument("--triton-grpc", default=Target.triton_grpc, metavar="HOST:PORT")
    parser.add_argument("--triton-http", default=Target.triton_http, metavar="HOST:PORT")
    parser.add_argument("--task", choices=TASKS, default=Target.task, help="of jobs, streams and Triton's users")
    parser.add_argument(
        "--api-key", default=os.environ.get("LOADTEST_API_KEY"), help="better: LOADTEST_API_KEY in the environment"
    )
    parser.add_argument("--timeout", type=seconds, default=Target.timeout, help="of a request (30s)")
    parser.add_argument("--job-wait", choices=("poll", "events"), default=Target.job_wait, help="how jobs are awaited")
    parser.add_argument("--poll", type=seconds, default=Target.poll, help="between two looks at a job (0.05s)")
    parser.add_argument(
        "--fps", type=at_least_zero, default=Target.fps, help="frames a camera sends; 0: the next after an answer"
    )


def add_album(parser: argparse.ArgumentParser) -> None:
    """Add which pictures are sent: fields of `Album`."""
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="JPEG, PNG and WebP files; else generated ones")
    parser.add_argument("--pictures", type=count, default=Album.pictures, help="number of generated pictures")
    parser.add_argument("--seed", type=int, default=Album.seed, help="of generated pictures and random arrivals")


def add_arrivals(parser: argparse.ArgumentParser, default_rate: float = Load.rate) -> None:
    """Add the open loop's: fields of `Load`."""
    parser.add_argument("--rate", type=at_least_zero, default=default_rate, help="shape open: requests per second")
    parser.add_argument("--arrivals", choices=("constant", "poisson"), default=Load.arrivals, help="shape open")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add everything `Settings` is made of."""
    parser.add_argument("--target", default=Target.target, metavar="URL", help=f"the gateway ({Target.target})")
    parser.add_argument(
        "--user", action="append", choices=KINDS, dest="kinds", help="who asks; several share the load evenly"
    )
    parser.add_argument("--shape", choices=SHAPES, default=Load.shape)
    parser.add_argument("--users", type=count, default=Load.users, help="at a time; spike: outside the spike")
    parser.add_argument("--duration", type=seconds, default=Load.duration, help="such as 30s, 5m, 1h30m")
    parser.add_argument("--warmup", type=seconds, default=Load.warmup, help="first part of it that is not counted")
    parser.add_argument("--peak", type=positive, default=Load.peak, help="shape spike: times as many users")
    parser.add_argument(
        "--max-in-flight", type=count, default=Load.max_in_flight, help="shape open: requests at a time"
    )
    parser.add_argument("--output", type=Path, default=Path("loadtest-report"), metavar="FOLDER")
    for add in (add_arrivals, add_target, add_album):
        add(parser)
    limits = parser.add_argument_group("limits; the exit code is 1 when one is not kept")
    limits.add_argument("--p99", type=positive, metavar="MS", help="latency of good answers")
    limits.add_argument("--errors", type=float, metavar="PERCENT", help="errors, without sheds")
    limits.add_argument("--sheds", type=float, metavar="PERCENT", help="503, 429, dropped frames, missed arrivals")
    limits.add_argument("--rps", type=positive, metavar="RATE", help="good answers per second, at least")
