"""Where a webhook may go: one public address, resolved once, so that it cannot be another one at the next look."""

import asyncio
import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from gateway.errors import BadParameter, FieldError

Address = IPv4Address | IPv6Address
# RFC 6052: an IPv4 address in the last 32 bits.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Forbidden(Exception):  # noqa: N818
    """The host has no address that may be connected to."""


def refuse(reason: str) -> BadParameter:
    return BadParameter(fields=(FieldError("webhook", reason),))


async def resolve(host: str, port: int, *, private: bool) -> Address:
    """Return the first address of `host`; raises `Forbidden` unless it is public or `private` ones are allowed."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"{host} has no address") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    allowed = [address for address in addresses if private or is_public(address)]
    if not allowed:
        raise Forbidden(f"{host} has no public address")
    return allowed[0]


def is_public(address: Address) -> bool:
    """Neither private, loopback, link-local, reserved nor multicast, whatever it is wrapped in."""
    inner = _unwrapped(address) if isinstance(address, IPv6Address) else None
    if inner:
        return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def literal(host: str) -> Address | None:
    """Return the address that `host` is, if it is one and not a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
