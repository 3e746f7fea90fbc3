"""The gateway in front of a real Triton, whatever the weights are."""

from io import BytesIO
from typing import Protocol

import httpx
import pytest
from PIL import Image

from tests.gateway.pictures import encoded, oriented


class Stack(Protocol):
    @property
    def gateway_url(self) -> str: ...


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    return stack.gateway_url


def post(url: str, path: str, picture: bytes, accept: str = "*/*") -> httpx.Response:
    return httpx.post(f"{url}{path}", files={"file": picture}, headers={"accept": accept}, timeout=30)


def test_both_tasks_are_on_offer(url: str) -> None:
    offered = {model["name"]: model for model in httpx.get(f"{url}/v1/models").json()["models"]}
    assert {"detect", "classify"} <= set(offered)
    assert set(offered["detect"]["defaults"]) == {"confidence", "iou", "max_detections"}
    assert offered["classify"]["defaults"] == {"top_k": 5}
    assert all(model["ready"] for model in offered.values())
    assert httpx.get(f"{url}/readyz").status_code == 200


def test_every_parameter_is_taken(url: str) -> None:
    query = "confidence=0.001&iou=0.5&max_detections=2&classes=0&classes=1"
    detections = post(url, f"/v1/detect?{query}", encoded(size=(320, 240))).json()["detections"]
    assert len(detections) <= 2
    assert {one["class_id"] for one in detections} <= {0, 1}
    assert len(post(url, "/v1/classify?top_k=2", encoded()).json()["classifications"]) == 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_agree_about_orientation(url: str, orientation: int) -> None:
    picture = oriented(orientation, (96, 64))
    size = post(url, "/v1/detect", picture).json()["image"]
    drawn = Image.open(BytesIO(post(url, "/v1/detect", picture, "image/jpeg").content)).size
    assert (size["width"], size["height"]) == drawn == ((64, 96) if orientation > 4 else (96, 64))


@pytest.mark.parametrize("path", ["/v1/detect", "/v1/classify"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_damaged_picture_is_the_callers_problem(url: str, path: str, kind: str) -> None:
    picture = encoded(kind, (640, 480))
    answer = post(url, path, picture[: len(picture) // 2])
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/corrupt-image")


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 3000)])
def test_any_shape_is_answered(url: str, size: tuple[int, int]) -> None:
    answer = post(url, "/v1/detect", encoded(size=size))
    assert answer.json()["image"] == {"width": size[0], "height": size[1]}
