"""Which addresses only this machine can reach."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Take a name for what it says only if it is `localhost`: others may lead elsewhere tomorrow."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private_source(source: str) -> bool:
    """Say whether nobody on the way can change what `source`, an existing file or an address, holds."""
    if "://" not in source:
        return Path(source).is_file()
    parts = urlsplit(source)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def own_names(host: str) -> tuple[str, ...]:
    """Return the names in a Host header by which a server that listens on `host` is meant; `*` when all may be."""
    if not is_loopback(host):
        return ("*",)
    return ("localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host)
