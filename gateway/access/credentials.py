"""Where a request carries its key or token.

Not in the query: addresses are logged, by uvicorn for every WebSocket and by proxies for everything. A browser cannot
set headers on a WebSocket, but it can offer subprotocols: `new WebSocket(url, ["triton-vision", "bearer.<token>"])`.
"""

from starlette.types import Message, Scope, Send

BEARER = "bearer."


def presented(scope: Scope) -> str | None:
    """Return what the request shows of itself; `Authorization` counts before `X-API-Key` and subprotocols."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    if key := headers.get(b"x-api-key"):
        return key.decode("latin-1")
    offered = (protocol for protocol in scope.get("subprotocols", ()) if protocol.startswith(BEARER))
    return next(offered, BEARER).removeprefix(BEARER) or None


def without_token(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """Take the token out of the subprotocols, so that nobody behind chooses it and thereby sends it back.

    Browsers break a connection off when they offered subprotocols and none was chosen; where the application chooses
    none, the first other one is.
    """
    offered: list[str] = scope.get("subprotocols", [])
    others = [protocol for protocol in offered if not protocol.startswith(BEARER)]
    if others == offered:
        return scope, send

    async def choosing(message: Message) -> None:
        if message["type"] == "websocket.accept" and others and not message.get("subprotocol"):
            message = {**message, "subprotocol": others[0]}
        await send(message)

    return {**scope, "subprotocols": others}, choosing
