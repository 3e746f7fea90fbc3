"""What an upload can look like, and what is said about one that cannot be served."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.test_headers import PNG_BOMB

pytestmark = pytest.mark.anyio
PICTURE = encoded()
JPEG = {"content-type": "image/jpeg"}
FORM = {"content-type": "multipart/form-data; boundary=x"}
PART = b'--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'


def sent(triton: FakeTriton) -> bytes:
    raw: bytes = triton.requests[-1].raw_input_contents[0]
    return raw[4:]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_the_file_goes_to_triton_as_it_came(gateway: httpx.AsyncClient, triton: FakeTriton, kind: str) -> None:
    picture = encoded(kind)
    assert (await gateway.post("/v1/detect", files={"file": picture})).status_code == 200
    assert sent(triton) == picture
    raw = {"content-type": f"image/{kind.lower()}"}
    assert (await gateway.post("/v1/detect", content=picture, headers=raw)).status_code == 200
    assert sent(triton) == picture


async def test_a_large_file_goes_there_whole(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    picture = PICTURE + bytes(5_000_000)
    assert (await gateway.post("/v1/detect", files={"file": picture})).status_code == 200
    assert sent(triton) == picture


@pytest.mark.parametrize(
    "disposition",
    [
        b'form-data; name="file"; filename=""',
        b'form-data; filename="a picture.jpg"; name=file',
        b"form-data; name=\"file\"; filename*=utf-8''%E2%82%AC.jpg",
        b'form-data; name="file"; filename="\xe4.jpg"',
    ],
)
async def test_however_clients_write_it(gateway: httpx.AsyncClient, triton: FakeTriton, disposition: bytes) -> None:
    body = b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + PICTURE + b"\r\n--x--\r\n"
    assert (await gateway.post("/v1/detect", content=body, headers=FORM)).status_code == 200
    assert sent(triton) == PICTURE


@pytest.mark.parametrize(
    ("written", "boundary"),
    [
        ("Xy-1_2", b"Xy-1_2"),
        ("x; charset=utf-8", b"x"),
        ('"x y"', b"x y"),
        ('"a;b"', b"a;b"),
        ("----=_Part_1.2", b"----=_Part_1.2"),
        ("'()+_,-./:=?", b"'()+_,-./:=?"),
    ],
)
async def test_whatever_stands_between_the_parts(
    gateway: httpx.AsyncClient, triton: FakeTriton, written: str, boundary: bytes
) -> None:
    body = PART.replace(b"--x", b"--" + boundary) + PICTURE + b"\r\n--" + boundary + b"--\r\n"
    headers = {"content-type": f"Multipart/Form-Data; Boundary={written}"}
    assert (await gateway.post("/v1/detect", content=body, headers=headers)).status_code == 200
    assert sent(triton) == PICTURE


async def test_files_by_other_names_and_texts_are_left_out(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    files = {"thumbnail": b"not a picture", "file": PICTURE}
    answer = await gateway.post("/v1/detect", files=files, data={"title": "a picture"})
    assert answer.status_code == 200
    assert sent(triton) == PICTURE
    assert len(triton.requests) == 1


async def test_content_counts_not_the_declared_type(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/detect", content=PICTURE, headers={"content-type": "image/png"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("request_", "status", "slug"),
    [
        ({}, 422, "missing-file"),
        ({"files": {"image": PICTURE}}, 422, "missing-file"),
        ({"files": {"file": (None, "text")}}, 422, "missing-file"),
        ({"files": {"file": b""}}, 422, "empty-file"),
        ({"content": b"", "headers": JPEG}, 422, "empty-file"),
        ({"files": [("file", PICTURE)] * 17}, 413, "too-many-files"),
        ({"files": [(f"file{n}", PICTURE) for n in range(17)]}, 413, "too-many-files"),
        ({"content": b"nonsense", "headers": FORM}, 400, "malformed-request"),
        ({"content": b"", "headers": FORM}, 400, "malformed-request"),
        ({"content": PART + PICTURE, "headers": FORM}, 400, "malformed-request"),
        ({"content": PART + PICTURE + b"\r\n--x", "headers": FORM}, 400, "malformed-request"),
        ({"files": {"file": PICTURE}, "data": {"text": ["a"] * 17}}, 400, "malformed-request"),
        ({"files": {"file": PICTURE, "text": (None, b"\xff")}}, 400, "malformed-request"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400, "malformed-request"),
        ({"json": {"image": "..."}}, 415, "unsupported-media-type"),
        ({"content": PICTURE}, 415, "unsupported-media-type"),
        ({"content": PICTURE, "headers": {"content-type": "image/gif"}}, 415, "unsupported-media-type"),
        ({"files": {"file": b"GIF89a" + bytes(100)}}, 415, "not-an-image"),
        ({"content": b"hello", "headers": JPEG}, 415, "not-an-image"),
        ({"files": {"file": PICTURE[:10]}}, 422, "corrupt-image"),
        ({"files": {"file": PNG_BOMB}}, 413, "too-many-pixels"),
    ],
)
async def test_what_cannot_be_served_never_reaches_triton(
    gateway: httpx.AsyncClient, triton: FakeTriton, request_: dict[str, object], status: int, slug: str
) -> None:
    answer = await gateway.post("/v1/detect", **request_)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.json()["hint"]
    assert not triton.requests


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 1000):
        yield body[at : at + 1000]


class TestLimit:
    LIMIT = 10_000

    @pytest.fixture
    async def gateway(self, gateway_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
        limited = gateway_settings.model_copy(update={"max_body": self.LIMIT})
        async with gateways.calling(create_app(limited)) as client:
            yield client

    @pytest.mark.parametrize("headers", [JPEG, FORM])
    async def test_declared_and_chunked_bodies(self, gateway: httpx.AsyncClient, headers: dict[str, str]) -> None:
        body = PART + bytes(self.LIMIT)
        for content in (body, chunks(body)):
            answer = await gateway.post("/v1/detect", content=content, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")

    async def test_a_body_of_just_the_limit_is_read(self, gateway: httpx.AsyncClient) -> None:
        body = PICTURE + bytes(self.LIMIT - len(PICTURE))
        assert (await gateway.post("/v1/detect", content=body, headers=JPEG)).status_code == 200
