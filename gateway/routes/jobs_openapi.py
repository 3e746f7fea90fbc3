"""What the OpenAPI document says of jobs."""

from typing import Any

from gateway import openapi
from gateway.errors import (
    BadParameter,
    BodyTimeout,
    BodyTooLarge,
    CorruptImage,
    DeadlineExceeded,
    EmptyFile,
    IdempotencyMismatch,
    InternalError,
    JobNotCompleted,
    MalformedRequest,
    MissingFile,
    NotAnImage,
    StoreFull,
    StoreUnavailable,
    TooManyFiles,
    TooManyPixels,
    UnknownJob,
    UnknownModel,
    UnsupportedMediaType,
)
from gateway.jobs.documents import JobDocument
from gateway.jobs.intake import KEY_HEADER
from gateway.negotiation import Media
from gateway.tasks import TASKS
from gateway.upload import FIELD, FORM_TYPE, RAW_TYPES

EXAMPLE: JobDocument = {
    "id": openapi.EXAMPLE_ID,
    "status": "queued",
    "task": "detect",
    "position": 3,
    "progress": {"done": 0, "total": 2},
    "created_at": "2026-11-20T09:30:00.125Z",
    "started_at": None,
    "finished_at": None,
    "expires_at": None,
}

_TASK = {"type": "string", "enum": list(TASKS), "description": "What to do with the pictures."}
_WEBHOOK = {"type": "string", "format": "uri", "description": "Where to POST the job to when it has ended."}
_MORE = "The task's own parameters go beside it, in the form or in the query."
_ALWAYS = (*openapi.ACCESS_ERRORS, InternalError, StoreUnavailable)
_OF_ONE = (*_ALWAYS, UnknownJob, BadParameter)

SUBMIT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"A form with one or more parts `{FIELD}`, or one file as the body. {_MORE}",
        "content": {
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: openapi.FILES, "task": _TASK, "webhook": _WEBHOOK},
                    "additionalProperties": True,
                }
            },
            **{raw: {"schema": openapi.BINARY} for raw in RAW_TYPES},
        },
    },
    "parameters": [
        {"name": "task", "in": "query", "schema": _TASK, "description": f"In the query or in the form. {_MORE}"},
        {"name": "webhook", "in": "query", "schema": _WEBHOOK},
        {
            "name": KEY_HEADER,
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "The same key gives the same job for as long as that is kept.",
        },
    ],
}
_ACCEPTED: openapi.Responses = {
    202: {
        "model": JobDocument,
        "content": {Media.JSON.value: {"example": EXAMPLE}},
        "description": "The job is accepted, or was before under the same key.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to ask for it."}},
    }
}
SUBMIT = _ACCEPTED | openapi.refusals(
    *_ALWAYS,
    MalformedRequest,
    UnknownModel,
    BodyTimeout,
    BodyTooLarge,
    TooManyFiles,
    UnsupportedMediaType,
    MissingFile,
    BadParameter,
    IdempotencyMismatch,
    StoreFull,
)
STATUS = openapi.answers(JobDocument, EXAMPLE) | openapi.refusals(*_OF_ONE, CorruptImage)
EVENTS = openapi.refusals(*_OF_ONE)
_DRAWN: openapi.Responses = {
    200: {"description": "The annotated picture.", "content": {Media.JPEG.value: {"schema": openapi.BINARY}}}
}
IMAGE = _DRAWN | openapi.refusals(
    *_OF_ONE, JobNotCompleted, TooManyPixels, NotAnImage, EmptyFile, CorruptImage, DeadlineExceeded
)
CANCEL = (
    openapi.answers(JobDocument, EXAMPLE | {"status": "cancelled", "position": None})
    | {204: {"description": "The finished job is removed, with its results and pictures."}}
    | openapi.refusals(*_OF_ONE)
)
