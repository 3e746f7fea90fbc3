"""So many requests a minute for each client, and in every answer how many are left."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access import policy
from gateway.access.principal import principal_of
from gateway.access.quota import Account, Quota
from gateway.errors import QuotaExceeded
from gateway.middleware.request_id import request_id_of
from gateway.problems import respond

STARTS = ("http.response.start", "websocket.http.response.start")


class QuotaLimit:
    """A WebSocket counts once, when it is opened. Probes are not counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in policy.HEALTH:
            await self._app(scope, receive, send)
            return
        account = await _quota(scope).count(principal_of(scope), (scope.get("client") or ("unknown",))[0])
        if account is None:
            await self._app(scope, receive, send)
        elif account.exceeded:
            refusal = QuotaExceeded.until(account.limit, account.reset_s)
            await respond(refusal, request_id_of(scope))(scope, receive, _telling(send, account))
        else:
            await self._app(scope, receive, _telling(send, account))


def _quota(scope: Scope) -> Quota:
    quota: Quota = scope["app"].state.services.quota
    return quota


def _telling(send: Send, account: Account) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] in STARTS:
            message = {**message, "headers": [*message.get("headers", ()), *account.headers]}
        await send(message)

    return tell
