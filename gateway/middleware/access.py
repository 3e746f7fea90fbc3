"""Nobody gets past this without the right to: HTTP requests and WebSockets, before anything of theirs is read."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access import credentials, policy
from gateway.access.gate import Gate
from gateway.access.principal import STATE_KEY
from gateway.errors import GatewayError
from gateway.middleware.request_id import request_id_of
from gateway.problems import respond


class AccessControl:
    """Leaves who it is in the scope, for `principal_of`. A WebSocket is refused with an HTTP answer, unaccepted."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or policy.is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            principal = await self._gate.admit(credentials.presented(scope), policy.needed(scope["path"]))
        except GatewayError as error:
            await respond(error, request_id_of(scope))(scope, receive, send)
            return
        scope["state"][STATE_KEY] = principal
        await self._app(*_without_token(scope, receive, send))


def _without_token(scope: Scope, receive: Receive, send: Send) -> tuple[Scope, Receive, Send]:
    scope, send = credentials.without_token(scope, send)
    return scope, receive, send
