from fastapi import APIRouter

from gateway import openapi
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, InternalError, NoPipeline, ShuttingDown, TritonUnavailable
from gateway.services import Injected

router = APIRouter(tags=["health"])

# A probe that waits longer is taken for failed by those who send it.
PROBE_SECONDS = 2.0


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Says nothing about Triton: restarting the gateway would not help it."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Can requests be served?",
    responses=openapi.refusals(InternalError, TritonUnavailable, NoPipeline, ShuttingDown, DeadlineExceeded),
)
async def readyz(services: Injected) -> dict[str, str]:
    """Triton is ready, and so is at least one pipeline."""
    if services.lifecycle.draining:
        raise ShuttingDown
    if not await services.triton.ready(Deadline.after(PROBE_SECONDS)):
        raise TritonUnavailable
    if not any(pipeline.ready for pipeline in await services.catalogue.all()):
        raise NoPipeline
    return {"status": "ready"}
