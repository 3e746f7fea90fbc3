import logging
import re

import httpx
import pytest

from tests.gateway.pictures import encoded

pytestmark = pytest.mark.anyio


async def test_one_line_for_each_request(gateway: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.access")
    await gateway.post("/v1/detect?iou=0.5", files={"file": encoded()}, headers={"x-request-id": "mine"})
    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert len(lines) == 1
    assert re.fullmatch(r"POST /v1/detect 200 \d+\.\d ms mine", lines[0])


async def test_a_path_cannot_forge_a_line(gateway: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.access")
    await gateway.get("/x%0aINFO forged")
    assert "\n" not in caplog.records[-1].getMessage()
