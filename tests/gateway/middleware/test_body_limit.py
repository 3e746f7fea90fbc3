import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import BodyTooLarge
from gateway.middleware.body_limit import BodyLimit

pytestmark = pytest.mark.anyio
CHUNK = 100


class Reader:
    """An application that reads everything, as long as there is something."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, _: Scope, receive: Receive, __: Send) -> None:
        while (message := await receive()).get("more_body"):
            self.read += len(message["body"])


async def endless() -> Message:
    return {"type": "http.request", "body": bytes(CHUNK), "more_body": True}


async def nowhere(_: Message) -> None: ...


def scope(*headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "headers": list(headers)}


async def test_a_chunked_body_is_stopped_at_the_limit() -> None:
    reader = Reader()
    with pytest.raises(BodyTooLarge):
        await BodyLimit(reader, max_body=1000)(scope(), endless, nowhere)
    assert reader.read == 1000


@pytest.mark.parametrize("declared", [b"1001", b"99999999999999999999"])
async def test_a_declared_body_is_not_begun(declared: bytes) -> None:
    reader = Reader()
    with pytest.raises(BodyTooLarge):
        await BodyLimit(reader, max_body=1000)(scope((b"content-length", declared)), endless, nowhere)
    assert reader.read == 0


async def test_a_false_declaration_does_not_help() -> None:
    with pytest.raises(BodyTooLarge):
        await BodyLimit(Reader(), max_body=1000)(scope((b"content-length", b"10")), endless, nowhere)
