"""What nobody foresaw: a problem for the caller, everything else for the log."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import InternalError
from gateway.middleware.request_id import request_id_of
from gateway.problems import respond

logger = logging.getLogger(__name__)


class UnexpectedErrors:
    """Inside the other middleware, so that this answer is logged and bears the id; Starlette's own stands outside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            if started:
                raise  # half an answer is out: only a broken connection tells the client
            request_id = request_id_of(scope)
            logger.exception("unexpected error, request %s", request_id, extra={"request_id": request_id})
            await respond(InternalError(), request_id)(scope, receive, send)
