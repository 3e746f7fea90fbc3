import httpx
import pytest

from tests.gateway.fake_triton import FakeTriton, config

pytestmark = pytest.mark.anyio


async def test_models(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/v1/models")
    assert answer.json()["models"][1] == {
        "name": "detect",
        "task": "detect",
        "engine": "yolov8n",
        "version": "1",
        "weights": "official",
        "file": "yolov8n.pt",
        "sha256": "ab" * 32,
        "licence": "AGPL-3.0",
        "defaults": {"confidence": 0.25, "iou": 0.7, "max_detections": 300},
        "ready": True,
    }


async def test_a_task_without_a_path_is_listed(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.configs["depth"] = config("depth", {"task": "depth"}, steps=("yolov8n",))
    listed = (await gateway.get("/v1/models")).json()["models"]
    assert ("depth", "depth") in [(model["name"], model["task"]) for model in listed]
