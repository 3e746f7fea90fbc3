"""What a browser may have been tricked into: another name for this host (DNS rebinding), requests of foreign pages.

CORS alone keeps a foreign page from reading answers, not from sending requests that do something; and it does not
concern WebSockets at all. Without access control, on loopback, that is all that protects a developer's machine.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access import policy
from gateway.errors import ForeignOrigin, GatewayError, UntrustedHost
from gateway.middleware.request_id import request_id_of
from gateway.problems import respond

ANY = "*"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Origins:
    """`hosts` are names without port, `*.example.org` for those below; `origins` as browsers send them."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], origins: tuple[str, ...]) -> None:
        self._app = app
        self._any_host = ANY in hosts
        self._hosts = frozenset(host.lower() for host in hosts if not host.startswith("*."))
        self._domains = tuple(host[1:].lower() for host in hosts if host.startswith("*."))
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] not in policy.HEALTH:
            try:
                self._check(scope)
            except GatewayError as error:
                await respond(error, request_id_of(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not (self._any_host or self._trusted(_name(host))):
            raise UntrustedHost
        origin = headers.get(b"origin")
        if origin is not None and scope.get("method") not in SAFE_METHODS:
            self._check_origin(origin.decode("latin-1"), host)

    def _trusted(self, name: str) -> bool:
        return name in self._hosts or name.endswith(self._domains)

    def _check_origin(self, origin: str, host: str) -> None:
        """Let the schemes differ: a proxy may have taken TLS off."""
        address = origin.partition("://")[2]
        own = address != "" and address == host.lower()
        if not (own or ANY in self._origins or origin in self._origins):
            raise ForeignOrigin


def _name(host: str) -> str:
    """Return the host without the port; `[::1]:8080` is `[::1]`."""
    bracket = host.rfind("]")
    colon = host.find(":", bracket + 1)
    return (host if colon < 0 else host[:colon]).lower()
