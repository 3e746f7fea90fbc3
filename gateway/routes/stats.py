"""The state of affairs at a glance, for people and the UI; /metrics is for monitoring."""

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response
from typing_extensions import TypedDict

from gateway import openapi
from gateway.deadline import Deadline
from gateway.errors import GatewayError, InternalError
from gateway.gpu import Gpu
from gateway.metrics import Metrics
from gateway.negotiation import Media
from gateway.services import Injected
from gateway.triton.client import TritonClient

router = APIRouter(tags=["observability"])

TRITON_SECONDS = 1.0


class TritonState(TypedDict):
    """`version` is the server's; it is null when it does not answer."""

    ready: bool
    version: str | None


class Stats(TypedDict):
    """Counts and times are those of the worker that answers; GPUs are those of the gateway's machine."""

    uptime_s: float
    requests: int
    answers: int
    avg_latency_ms: float | None
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    current_fps: float
    in_flight: int
    sheds: int
    deadline_misses: int
    gpu_available: bool
    gpu_usage_percent: float | None
    gpu_memory_used_mb: int | None
    gpu_memory_total_mb: int | None
    gpu_temperature_c: int | None
    triton: TritonState


EXAMPLE: Stats = {
    "uptime_s": 86400.5,
    "requests": 120345,
    "answers": 120001,
    "avg_latency_ms": 31.4,
    "p50_latency_ms": 29.8,
    "p95_latency_ms": 47.1,
    "current_fps": 48.2,
    "in_flight": 3,
    "sheds": 12,
    "deadline_misses": 0,
    "gpu_available": True,
    "gpu_usage_percent": 61.0,
    "gpu_memory_used_mb": 5123,
    "gpu_memory_total_mb": 24564,
    "gpu_temperature_c": 58,
    "triton": {"ready": True, "version": "2.75.0"},
}


@router.get(
    "/v1/stats",
    summary="How it is going",
    response_model=None,
    responses=openapi.answers(Stats, EXAMPLE) | openapi.refusals(*openapi.ACCESS_ERRORS, InternalError),
)
async def stats(services: Injected) -> Response:
    """Latencies are of the last answers, `current_fps` of the last ten seconds; without a GPU its values are null."""
    gpu = await services.gpus.read()
    triton = await _triton(services.triton)
    return Response(to_json(_stats(services.metrics, gpu, triton)), media_type=Media.JSON)


async def _triton(client: TritonClient) -> TritonState:
    deadline = Deadline.after(TRITON_SECONDS)
    try:
        return {"ready": await client.ready(deadline), "version": await client.version(deadline)}
    except GatewayError:
        return {"ready": False, "version": None}


def _stats(metrics: Metrics, gpu: Gpu | None, triton: TritonState) -> Stats:
    latency = metrics.recent.latency()
    state = gpu or Gpu()
    return {
        "uptime_s": round(metrics.recent.uptime(), 1),
        "requests": metrics.total("requests_total"),
        "answers": metrics.total("answers_total"),
        "avg_latency_ms": _rounded(latency.average),
        "p50_latency_ms": _rounded(latency.p50),
        "p95_latency_ms": _rounded(latency.p95),
        "current_fps": round(metrics.recent.per_second(), 2),
        "in_flight": metrics.total("in_flight"),
        "sheds": metrics.total("shed_total"),
        "deadline_misses": metrics.total("deadline_misses_total"),
        "gpu_available": gpu is not None,
        "gpu_usage_percent": state.usage_percent,
        "gpu_memory_used_mb": state.memory_used_mb,
        "gpu_memory_total_mb": state.memory_total_mb,
        "gpu_temperature_c": state.temperature_c,
        "triton": triton,
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 2)
