from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway import openapi
from gateway.batch import Batch
from gateway.routes.answering import Answering, described
from gateway.tasks.classification import CLASSIFY, ClassifyAnswer, ClassifyParameters

router = APIRouter(tags=["inference"])

EXAMPLE: ClassifyAnswer = {
    "model": "resnet50",
    "version": "1",
    "weights": "official",
    "image": {"width": 810, "height": 1080},
    "classifications": [
        {"class_id": 874, "label": "trolleybus", "confidence": 0.612345},
        {"class_id": 654, "label": "minibus", "confidence": 0.123456},
    ],
    "inference_time_ms": 24.9,
    "request_id": openapi.EXAMPLE_ID,
}


@router.post(
    "/v1/classify",
    summary="Say what a picture shows",
    response_model=None,
    responses=openapi.answers(ClassifyAnswer | Batch[ClassifyAnswer], EXAMPLE, picture=True)
    | openapi.refusals(*openapi.UPLOAD_ERRORS),
    openapi_extra=described(ClassifyParameters),
)
async def classify(request: Request) -> Response:
    """List the most probable classes, best first; with `Accept: image/jpeg` they are written on the picture.

    Several files give `results`, in order: for each the answer, or the problem under `error`.
    """
    return await Answering(request).answer(CLASSIFY)
