"""Errors as RFC 9457 answers, and the handlers that turn what the framework raises into ours."""

import logging
from collections.abc import Iterable
from typing import Any, NotRequired

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from gateway.errors import (
    BadParameter,
    ClientGone,
    FieldError,
    GatewayError,
    InternalError,
    MalformedRequest,
    MethodNotAllowed,
    UnknownPath,
)
from gateway.middleware.request_id import request_id_of
from gateway.record import note_problem

MEDIA_TYPE = "application/problem+json"
logger = logging.getLogger(__name__)


class ProblemField(TypedDict):
    field: str
    message: str


class Problem(TypedDict):
    """RFC 9457, with what to do (`hint`) and the id to quote."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    request_id: str
    errors: NotRequired[list[ProblemField]]


def describe(error: GatewayError | type[GatewayError], request_id: str) -> Problem:
    """Return the problem as a document; a class gives the example of its kind."""
    problem: Problem = {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "hint": error.hint,
        "request_id": request_id,
    }
    if isinstance(error, GatewayError) and error.fields:
        problem["errors"] = [{"field": field.field, "message": field.message} for field in error.fields]
    return problem


class ProblemResponse(Response):
    """Whoever sends it, the record of the request knows which problem it was."""

    media_type = MEDIA_TYPE

    def __init__(self, error: GatewayError, request_id: str) -> None:
        super().__init__(to_json(describe(error, request_id)), error.status, headers=error.headers)
        self._slug = error.slug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        note_problem(scope, self._slug)
        await super().__call__(scope, receive, send)


def respond(error: GatewayError, request_id: str) -> Response:
    return ProblemResponse(error, request_id)


def install(app: FastAPI) -> None:
    app.add_exception_handler(GatewayError, _gateway_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(ClientDisconnect, _client_disconnect)


async def _gateway_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101 - narrows what the framework types as Exception
    request_id = request_id_of(request.scope)
    if isinstance(error, InternalError):
        logger.error("internal error, request %s", request_id, exc_info=error, extra={"request_id": request_id})
    return respond(error, request_id)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return await _gateway_error(request, BadParameter(fields=tuple(_fields(error.errors()))))


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    kinds: dict[int, type[GatewayError]] = {404: UnknownPath, 405: MethodNotAllowed}
    kind = kinds.get(error.status_code, MalformedRequest)
    return await _gateway_error(request, kind(headers=dict(error.headers or {})))


async def _client_disconnect(request: Request, _: Exception) -> Response:
    return await _gateway_error(request, ClientGone())


def _fields(errors: Iterable[dict[str, Any]]) -> Iterable[FieldError]:
    for error in errors:
        # The location starts with where it was found ("query"); what was sent is not echoed.
        field = ".".join(str(part) for part in error["loc"][1:])
        yield FieldError(field, error["msg"])
