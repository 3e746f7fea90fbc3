from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway import openapi
from gateway.batch import Batch
from gateway.routes.answering import Answering, described
from gateway.tasks.detection import DETECT, DetectAnswer, DetectParameters

router = APIRouter(tags=["inference"])

EXAMPLE: DetectAnswer = {
    "model": "yolov8n",
    "version": "1",
    "weights": "official",
    "image": {"width": 810, "height": 1080},
    "detections": [
        {
            "x_min": 22.87,
            "y_min": 231.278,
            "x_max": 805.003,
            "y_max": 756.841,
            "confidence": 0.873456,
            "class_id": 5,
            "label": "bus",
        }
    ],
    "inference_time_ms": 31.4,
    "request_id": openapi.EXAMPLE_ID,
}


@router.post(
    "/v1/detect",
    summary="Find objects in a picture",
    response_model=None,
    responses=openapi.answers(DetectAnswer | Batch[DetectAnswer], EXAMPLE, picture=True)
    | openapi.refusals(*openapi.UPLOAD_ERRORS),
    openapi_extra=described(DetectParameters),
)
async def detect(request: Request) -> Response:
    """Boxes in pixels of the picture as displayed; with `Accept: image/jpeg` they are drawn on it.

    Several files give `results`, in order: for each the answer, or the problem under `error`.
    """
    return await Answering(request).answer(DETECT)
