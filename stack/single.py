"""`python -m stack.single`: the whole stack behind one port, for places that give one container and one port."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from stack.parts import Part, parts
from stack.proxy import proxy
from stack.settings import Settings
from stack.supervisor import Stack, StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

HOST = "127.0.0.1"
PORT = 7860
# Behind the proxy, out of the way of what PORT is likely to be: 8080 on Cloud Run, 7860 on Spaces.
INNER = {"GATEWAY_PORT": "18080", "UI_PORT": "17860"}
CONTROLS = ("GATEWAY_API_KEYS_FILE", "GATEWAY_JWT_JWKS")
# What the gateway takes for a yes.
YES = {"1", "on", "t", "true", "y", "yes"}


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with TemporaryDirectory(prefix="triton-vision-") as folder, single(os.environ, Path(folder)) as stack:
            sys.stderr.write(f"single: ready on {address(os.environ)}\n")
            stack.watch()
    except KeyboardInterrupt:
        return 0
    except (StackError, ValueError) as error:
        sys.stderr.write(f"single: {error}\n")
        return 1
    return 0


@contextmanager
def single(environment: Mapping[str, str], folder: Path) -> Iterator[Stack]:
    """Run everything while the context lasts; `folder` gets what is written meanwhile. Raises `StackError`."""
    check_access(environment)
    settings = Settings.from_environment({**INNER, **environment})
    settings = replace(settings, logs=folder / "logs", gateway_environment=_names(settings, environment))
    host, port = _listen(environment)
    # The proxy first, because what starts first ends last: the gateway's last answers have to get out.
    members = [proxy(settings, host, port, folder), *map(_without_log_file, parts(settings))]
    with Stack(settings, members) as stack:
        yield stack


def check_access(environment: Mapping[str, str]) -> None:
    """Raise `StackError` where everybody could come in without somebody having wanted it.

    The gateway asks the same of itself, but here it listens on loopback, behind the proxy.
    """
    host, _ = _listen(environment)
    wanted = environment.get("GATEWAY_ALLOW_UNAUTHENTICATED", "").lower() in YES
    if not (wanted or ip_address(host).is_loopback or any(environment.get(name) for name in CONTROLS)):
        raise StackError(
            f"HOST={host} would serve everybody who reaches it: set GATEWAY_API_KEYS_FILE or GATEWAY_JWT_JWKS,"
            " or GATEWAY_ALLOW_UNAUTHENTICATED=yes if that is what you want"
        )


def address(environment: Mapping[str, str]) -> str:
    return "{}:{}".format(*_listen(environment))


def _names(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return which names the gateway answers to: the proxy hands on whatever it was asked under."""
    given = environment.get("GATEWAY_TRUSTED_HOSTS")
    return {"GATEWAY_TRUSTED_HOSTS": f"{given},{settings.host}" if given else "*"}


def _listen(environment: Mapping[str, str]) -> tuple[str, int]:
    return environment.get("HOST", HOST), int(environment.get("PORT", PORT))


def _without_log_file(part: Part) -> Part:
    """Leave Triton's log where a container's log is read."""
    return replace(part, command=[word for word in part.command if not word.startswith("--log-file=")])


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
