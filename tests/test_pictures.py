"""Every kind of picture that people send, through the whole chain: gateway, Triton, pipeline, answer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.model_repository.pictures import encode, scene, upright, with_orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.settings import Settings

SCENE = scene(240, 320)


@pytest.fixture(scope="module")
def client(stack: Settings) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.gateway_url, timeout=60) as connected:
        yield connected


def detect(client: httpx.Client, data: bytes, **parameters: Any) -> Any:
    # Untrained networks are sure of nothing: take every candidate.
    return answer(client, "/v1/detect", data, {"confidence": 0, "max_detections": 20, **parameters})


def classify(client: httpx.Client, data: bytes) -> Any:
    return answer(client, "/v1/classify", data, {})


def answer(client: httpx.Client, path: str, data: bytes, parameters: dict[str, Any]) -> Any:
    response = client.post(path, files={"file": data}, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def result(body: dict[str, Any]) -> dict[str, Any]:
    """Return what does not differ between two answers to the same pixels."""
    return {key: body[key] for key in ("image", "detections", "classifications") if key in body}


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_honoured(client: httpx.Client, form: str, orientation: int) -> None:
    data = with_orientation(SCENE, orientation, form)
    if form == "JPEG":
        with Image.open(io.BytesIO(data)) as image:
            turned = upright(np.asarray(image), orientation)
    else:
        turned = upright(SCENE, orientation)
    plain = encode(np.ascontiguousarray(turned))
    assert result(detect(client, data)) == result(detect(client, plain))
    assert result(classify(client, data)) == result(classify(client, plain))


KINDS = {
    "grayscale": (encode(SCENE[..., 0]), encode(np.repeat(SCENE[..., :1], 3, axis=2))),
    "16-bit": (encode(Image.fromarray(SCENE[..., 0].astype(np.uint16) * 257)), encode(SCENE[..., 0])),
    "palette": (
        encode(Image.fromarray(SCENE).convert("P")),
        encode(Image.fromarray(SCENE).convert("P").convert("RGB")),
    ),
    "alpha": (encode(np.dstack([SCENE, np.full(SCENE.shape[:2], 9, np.uint8)])), encode(SCENE)),
    "webp": (encode(SCENE, "WEBP", lossless=True), encode(SCENE)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_pixels_equal_their_plain_form(client: httpx.Client, kind: str) -> None:
    data, plain = KINDS[kind]
    assert result(detect(client, data)) == result(detect(client, plain))
    assert result(classify(client, data)) == result(classify(client, plain))


def test_cmyk_is_answered(client: httpx.Client) -> None:
    body = detect(client, encode(Image.fromarray(SCENE).convert("CMYK"), "JPEG"))
    assert body["image"] == {"width": 320, "height": 240}
    assert len(body["detections"]) == 20


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4000), (4000, 1), (3000, 4000)])
def test_extreme_sizes_are_answered(client: httpx.Client, height: int, width: int) -> None:
    data = encode(scene(height, width))
    for body in (detect(client, data), classify(client, data)):
        assert body["image"] == {"width": width, "height": height}
    for item in detect(client, data)["detections"]:
        assert 0 <= item["x_min"] <= item["x_max"] <= width
        assert 0 <= item["y_min"] <= item["y_max"] <= height


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("path", ["/v1/detect", "/v1/classify"])
def test_truncated_pictures_are_corrupt(client: httpx.Client, form: str, path: str) -> None:
    data = encode(SCENE, form)
    response = client.post(path, files={"file": data[: len(data) * 9 // 10]})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["hint"]


def test_the_annotated_picture_is_upright(client: httpx.Client) -> None:
    data = with_orientation(SCENE, 6, "JPEG")
    response = client.post("/v1/detect", files={"file": data}, headers={"accept": "image/jpeg"})
    assert response.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.size == (240, 320)
        assert image.getexif().get(0x0112, 1) == 1


def test_answers_say_that_the_weights_are_untrained(client: httpx.Client) -> None:
    assert detect(client, encode(SCENE))["weights"] == "untrained"
    assert classify(client, encode(SCENE))["weights"] == "untrained"
