from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response
from typing_extensions import TypedDict

from gateway import openapi
from gateway.errors import DeadlineExceeded, InternalError, TritonUnavailable
from gateway.negotiation import Media
from gateway.pipelines import Pipeline
from gateway.services import Injected

router = APIRouter(tags=["models"])


class Model(TypedDict):
    """A pipeline on offer. `name` or `engine` can be given as `model`; `sha256` is of the weights file."""

    name: str
    task: str
    engine: str
    version: str
    weights: str
    file: str | None
    sha256: str | None
    licence: str | None
    defaults: dict[str, float]
    ready: bool


class Models(TypedDict):
    models: list[Model]


EXAMPLE: Models = {
    "models": [
        {
            "name": "detect",
            "task": "detect",
            "engine": "yolov8n",
            "version": "1",
            "weights": "official",
            "file": "yolov8n.pt",
            "sha256": "31e20dde3def09e2cf938c7be6fe23d9150bbbe503982af13345706515f2ef95",
            "licence": "AGPL-3.0",
            "defaults": {"confidence": 0.25, "iou": 0.7, "max_detections": 300},
            "ready": True,
        }
    ]
}


@router.get(
    "/v1/models",
    summary="List what can be asked for",
    response_model=None,
    responses=openapi.answers(Models, EXAMPLE)
    | openapi.refusals(*openapi.ACCESS_ERRORS, InternalError, TritonUnavailable, DeadlineExceeded),
)
async def models(services: Injected) -> Response:
    """Every pipeline that Triton serves, also of tasks this gateway has no path for."""
    listed: Models = {"models": [_model(pipeline) for pipeline in await services.catalogue.all()]}
    return Response(to_json(listed), media_type=Media.JSON)


def _model(pipeline: Pipeline) -> Model:
    return {
        "name": pipeline.name,
        "task": pipeline.task,
        "engine": pipeline.engine,
        "version": pipeline.version,
        "weights": pipeline.weights,
        "file": pipeline.weights_file,
        "sha256": pipeline.weights_sha256,
        "licence": pipeline.licence,
        "defaults": dict(pipeline.defaults),
        "ready": pipeline.ready,
    }
