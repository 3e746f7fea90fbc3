"""What the OpenAPI document says beyond what signatures do: bodies, examples, and every problem by status."""

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from gateway import problems
from gateway.errors import (
    BadParameter,
    BodyTooLarge,
    CorruptImage,
    DeadlineExceeded,
    EmptyFile,
    FieldError,
    GatewayError,
    InternalError,
    MalformedRequest,
    MissingFile,
    NotAcceptable,
    NotAnImage,
    QueueFull,
    TooManyPixels,
    TritonUnavailable,
    UnknownModel,
    UnsupportedMediaType,
)
from gateway.negotiation import Media
from gateway.upload import FIELD, FORM_TYPE, RAW_TYPES

EXAMPLE_ID = "3f0c8d6a5b2e4e0f9d1c7a6b5e4f3d2c"
SCHEMAS = "#/components/schemas/"
BINARY = {"type": "string", "format": "binary"}

UPLOAD_ERRORS: tuple[type[GatewayError], ...] = (
    MalformedRequest,
    UnknownModel,
    NotAcceptable,
    BodyTooLarge,
    TooManyPixels,
    UnsupportedMediaType,
    NotAnImage,
    MissingFile,
    EmptyFile,
    CorruptImage,
    BadParameter,
    InternalError,
    TritonUnavailable,
    QueueFull,
    DeadlineExceeded,
)

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"One JPEG, PNG or WebP file: a form with a part `{FIELD}`, or the file as the body.",
        "content": {
            FORM_TYPE: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: BINARY}}},
            **{raw: {"schema": BINARY} for raw in RAW_TYPES},
        },
    }
}

# FastAPI's type for `responses`.
Responses = dict[int | str, dict[str, Any]]


def answers(model: Any, example: Any, *, picture: bool = False) -> Responses:
    """Status 200: `model` as JSON, with an example, and the annotated picture where there is one."""
    content: dict[str, Any] = {Media.JSON.value: {"example": example}}
    if picture:
        content[Media.JPEG.value] = {"schema": BINARY}
    return {200: {"model": model, "content": content, "description": "The answer."}}


def refusals(*errors: type[GatewayError]) -> Responses:
    """Every error as an example under its status."""
    by_status: dict[int, list[type[GatewayError]]] = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {status: _refusal(kinds) for status, kinds in by_status.items()}


def describe_problems(app: FastAPI) -> None:
    """Add the schema that refusals refer to; FastAPI would declare it as application/json."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        problem = TypeAdapter(problems.Problem).json_schema(ref_template=SCHEMAS + "{model}")
        document["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
        return document

    app.openapi = complete  # type: ignore[method-assign]


def _refusal(kinds: list[type[GatewayError]]) -> dict[str, Any]:
    examples = {kind.slug: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    schema = {"$ref": SCHEMAS + "Problem"}
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {problems.MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _example(kind: type[GatewayError]) -> problems.Problem:
    if kind is BadParameter:
        field = FieldError("confidence", "Input should be less than or equal to 1")
        return problems.describe(BadParameter(fields=(field,)), EXAMPLE_ID)
    return problems.describe(kind, EXAMPLE_ID)
