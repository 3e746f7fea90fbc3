import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.middleware.unexpected import UnexpectedErrors
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded

pytestmark = pytest.mark.anyio


async def test_an_unexpected_error_is_logged_not_told(
    gateway: httpx.AsyncClient, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("gateway.inference.infer_request", broken)
    answer = await gateway.post("/v1/detect", files={"file": encoded()}, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == ("mine", "mine")
    assert "secret" not in answer.text
    assert "ZeroDivisionError: secret" in caplog.text
    assert "request mine" in caplog.text
    assert not triton.requests


async def test_an_answer_that_has_begun_is_broken_off() -> None:
    async def half(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        raise ZeroDivisionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    with pytest.raises(ZeroDivisionError):
        await UnexpectedErrors(half)({"type": "http", "state": {"request_id": "mine"}}, receive, send)
    assert len(sent) == 1
