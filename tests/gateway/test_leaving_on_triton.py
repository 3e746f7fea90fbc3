"""Clients that leave, on a real Triton: by its own counters, nothing is inferred for those that were still waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from tritonclient.grpc import service_pb2_grpc

from gateway.triton.tensors import blob, infer_request
from tests.gateway.pictures import encoded
from tests.gateway.test_metrics import scraped
from tests.triton_metrics import metrics, until

if TYPE_CHECKING:
    from stack.settings import Settings

pytestmark = pytest.mark.anyio
CLIENTS, INSTANCES = 16, 2
PICTURE = encoded(size=(640, 640))
ENGINE = "nv_inference_request_success", "yolov8n"
WAITING = "nv_inference_pending_request_count", "detect"
CANCELLED = "nv_inference_request_failure", "detect", "CANCELED"


async def quiet(port: int) -> None:
    """Wait until the engine has done all it is going to do."""
    seen = [-1, metrics(port)[ENGINE]]
    while seen[-1] != seen[-2]:
        await asyncio.sleep(0.5)
        seen.append(metrics(port)[ENGINE])


async def test_requests_to_triton_that_are_cancelled_while_they_wait_are_not_inferred(stack: Settings) -> None:
    port = stack.triton_metrics_port
    await quiet(port)
    before = metrics(port)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.triton_grpc_port}") as channel:
        infer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer
        request = infer_request("detect", [blob("image", PICTURE)], request_id="left", timeout_s=30)
        calls = [infer(request) for _ in range(CLIENTS)]
        arriving = [asyncio.ensure_future(call.wait_for_connection()) for call in calls]
        await until(lambda: metrics(port)[WAITING] >= CLIENTS // 2)
        for call in calls:
            call.cancel()
        await asyncio.gather(*arriving, return_exceptions=True)
        at_leaving = metrics(port)
        await quiet(port)
    after = metrics(port)
    assert after[ENGINE] - at_leaving[ENGINE] <= INSTANCES
    assert after[CANCELLED] - before[CANCELLED] >= CLIENTS // 2 - INSTANCES


async def test_http_clients_that_disconnect_while_they_wait_are_not_inferred_for(stack: Settings) -> None:
    port = stack.triton_metrics_port
    await quiet(port)
    before = metrics(port)
    connections = [await asked(stack.gateway_port) for _ in range(CLIENTS)]
    await until(lambda: metrics(port)[ENGINE] > before[ENGINE])
    for connection in connections:
        connection.close()
    await asyncio.sleep(0.05)
    at_leaving = metrics(port)
    await quiet(port)
    after = metrics(port)
    assert after[ENGINE] - before[ENGINE] < CLIENTS // 2
    assert after[ENGINE] - at_leaving[ENGINE] <= INSTANCES
    async with httpx.AsyncClient(base_url=stack.gateway_url) as gateway:
        assert (await scraped(gateway))["gateway_dead_inferences_total{}"] == 0


async def asked(port: int) -> Any:
    """Return the connection of a client that has asked and does not read."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        "POST /v1/detect HTTP/1.1",
        "host: localhost",
        "content-type: image/jpeg",
        f"content-length: {len(PICTURE)}",
    )
    writer.write("\r\n".join([*head, "", ""]).encode() + PICTURE)
    await writer.drain()
    return writer
