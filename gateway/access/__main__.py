"""`python -m gateway.access new-key`: make an API key. The entry goes to stdout, the key itself to stderr, once.

For instance: `python -m gateway.access new-key --name camera-north --scope infer --quota 600 >> keys.toml`
"""

import argparse
import secrets
import sys

from gateway.access.keyring import PREFIX, Entry, digest
from gateway.access.principal import Right


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    secret = secrets.token_urlsafe(32)
    try:
        entry = Entry(
            id=secrets.token_hex(5),
            name=options.name,
            scopes=frozenset(options.scope),
            quota=options.quota,
            sha256=digest(secret),
        )
    except ValueError:
        sys.exit("--name takes 1 to 64 letters, digits and . _ @ -; --quota a number from 0 on")
    print(_toml(entry))
    print(f"The key, shown only now: {PREFIX}{entry.id}_{secret}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.access")
    command = parser.add_subparsers(required=True).add_parser("new-key", help="make an API key")
    command.add_argument("--name", required=True, help="whose key it is; keys of one name share jobs and quota")
    command.add_argument("--scope", required=True, action="append", type=Right, choices=list(Right))
    command.add_argument("--quota", type=int, help="requests per minute; 0: no limit; the setting's when left out")
    return parser


def _toml(entry: Entry) -> str:
    scopes = ", ".join(f'"{scope}"' for scope in sorted(entry.scopes))
    quota = [] if entry.quota is None else [f"quota = {entry.quota}"]
    lines = [f'id = "{entry.id}"', f'name = "{entry.name}"', f"scopes = [{scopes}]", *quota]
    return "\n".join(["[[keys]]", *lines, f'sha256 = "{entry.sha256}"', ""])


if __name__ == "__main__":
    main()
