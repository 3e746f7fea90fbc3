"""What operators see of a request that a real Triton answered."""

from typing import Protocol

import httpx
import pytest

from tests.gateway.pictures import encoded
from tests.gateway.test_metrics import scraped

pytestmark = pytest.mark.anyio


class Stack(Protocol):
    @property
    def gateway_url(self) -> str: ...


async def test_metrics_timing_and_stats_tell_the_same_story(stack: Stack) -> None:
    picture = encoded(size=(640, 480))
    async with httpx.AsyncClient(base_url=stack.gateway_url, timeout=30) as gateway:
        before = await scraped(gateway)
        answer = await gateway.post("/v1/detect?confidence=0.0001", files={"file": picture})
        after = await scraped(gateway)
        stats = (await gateway.get("/v1/stats")).json()
    found = len(answer.json()["detections"])
    timing = dict(part.split(";dur=") for part in answer.headers["server-timing"].split(", "))

    def moved(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    model = answer.json()["model"]
    assert moved(f"gateway_answers_total{{model={model}}}") == 1
    assert moved("gateway_upload_bytes_total{}") == len(picture)
    assert moved("gateway_pixels_total{}") == 640 * 480
    confidences = [name for name in after if name.startswith("gateway_confidence_count") and model in name]
    assert sum(moved(name) for name in confidences) == found > 0
    assert moved("gateway_stage_duration_seconds_sum{stage=infer}") * 1e3 == pytest.approx(float(timing["infer"]), 0.1)
    assert answer.json()["inference_time_ms"] == pytest.approx(float(timing["infer"]), abs=0.02)
    assert moved("gateway_dead_inferences_total{}") == 0
    assert stats["triton"]["ready"]
    assert stats["triton"]["version"].startswith("2.")
    assert stats["avg_latency_ms"] > 1
