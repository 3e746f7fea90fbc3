"""What a browser is told about every answer: take it for what it says it is, keep it nowhere, show it in no frame."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STARTS = ("http.response.start", "websocket.http.response.start")
NOTHING = b"default-src 'none'; frame-ancestors 'none'"
# FastAPI's pages take Swagger UI and ReDoc from this CDN and start them by a script in the page.
CDN = b"https://cdn.jsdelivr.net"
DOCS = (
    b"default-src 'none'; frame-ancestors 'none'; connect-src 'self'; worker-src blob:; "
    b"script-src 'unsafe-inline' %b; style-src 'unsafe-inline' %b https://fonts.googleapis.com; "
    b"font-src https://fonts.gstatic.com; img-src 'self' data: https://fastapi.tiangolo.com %b" % (CDN, CDN, CDN)
)
DOCS_PATHS = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})

Pairs = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """Adds what the application did not set itself. `hsts_seconds` above 0 is for gateways reached by https only."""

    def __init__(self, app: ASGIApp, hsts_seconds: int = 0) -> None:
        self._app = app
        hsts = [(b"strict-transport-security", b"max-age=%d" % hsts_seconds)] if hsts_seconds else []
        self._headers = _headers(NOTHING) + hsts
        self._docs = _headers(DOCS) + hsts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        wanted = self._docs if scope["path"] in DOCS_PATHS else self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                message = {**message, "headers": given + [pair for pair in wanted if pair[0] not in names]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _headers(policy: bytes) -> Pairs:
    return [
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", policy),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
