"""What the OpenAPI document says beyond what signatures do: bodies, examples, and every problem by status."""

from collections import defaultdict
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from gateway import problems
from gateway.errors import (
    BadParameter,
    BodyTimeout,
    BodyTooLarge,
    CorruptImage,
    DeadlineExceeded,
    EmptyFile,
    FieldError,
    ForeignOrigin,
    GatewayError,
    InternalError,
    MalformedRequest,
    MissingFile,
    MissingScope,
    NoPipeline,
    NotAcceptable,
    NotAnImage,
    Overloaded,
    QueueFull,
    QuotaExceeded,
    SigningKeysUnavailable,
    TooManyFiles,
    TooManyPixels,
    TritonUnavailable,
    Unauthenticated,
    UnknownModel,
    UnsupportedMediaType,
    UntrustedHost,
)
from gateway.negotiation import Media
from gateway.upload import FIELD, FORM_TYPE, RAW_TYPES

EXAMPLE_ID = "3f0c8d6a5b2e4e0f9d1c7a6b5e4f3d2c"
SCHEMAS = "#/components/schemas/"
BINARY = {"type": "string", "format": "binary"}
FILES = {"type": "array", "items": BINARY, "minItems": 1}

# What any path but the open ones may answer before it is asked.
ACCESS_ERRORS: tuple[type[GatewayError], ...] = (
    Unauthenticated,
    MissingScope,
    ForeignOrigin,
    UntrustedHost,
    QuotaExceeded,
    SigningKeysUnavailable,
)

UPLOAD_ERRORS: tuple[type[GatewayError], ...] = (
    *ACCESS_ERRORS,
    MalformedRequest,
    UnknownModel,
    NotAcceptable,
    BodyTimeout,
    BodyTooLarge,
    TooManyFiles,
    TooManyPixels,
    UnsupportedMediaType,
    NotAnImage,
    MissingFile,
    EmptyFile,
    CorruptImage,
    BadParameter,
    InternalError,
    TritonUnavailable,
    NoPipeline,
    QueueFull,
    Overloaded,
    DeadlineExceeded,
)

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"JPEG, PNG or WebP: a form with one or more parts `{FIELD}`, or one file as the body.",
        "content": {
            FORM_TYPE: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: FILES}}},
            **{raw: {"schema": BINARY} for raw in RAW_TYPES},
        },
    }
}

# Whether one of them is needed is the operator's choice; hence `{}` among the requirements.
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a JSON web token of the issuer."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}

# FastAPI's type for `responses`.
Responses = dict[int | str, dict[str, Any]]


def parameters(model: type[BaseModel], where: Literal["query", "header"]) -> list[dict[str, Any]]:
    """Every field of `model` as a parameter that may be left out, in FastAPI's words."""
    found = []
    for name, schema in model.model_json_schema()["properties"].items():
        schema.pop("default", None)  # null, which nobody can send
        description = schema["description"]
        found.append({"name": name, "in": where, "required": False, "schema": schema, "description": description})
    return found


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
        document["components"]["securitySchemes"] = SECURITY_SCHEMES
        document["security"] = [{}, *({name: []} for name in SECURITY_SCHEMES)]
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
