from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from gateway import openapi
from gateway.errors import InternalError
from gateway.exposition import expose
from gateway.services import Injected

router = APIRouter(tags=["observability"])

EXPOSITION: openapi.Responses = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The answer."}
}


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses=EXPOSITION | openapi.refusals(*openapi.ACCESS_ERRORS, InternalError),
)
def metrics(services: Injected, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Of all workers together, in Prometheus' text form or, when asked for, OpenMetrics."""
    # Not asynchronous: FastAPI runs it in a thread, for reading the files of many workers takes a while.
    content, media_type = expose(services.metrics.registry, accept)
    return Response(content, headers={"content-type": media_type})
