"""What came back from the gateway: an answer of the kind that was asked for, or an error of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from ui.errors import InvalidAnswer, Refused, kind_of
from ui.gateway.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

AnswerT = TypeVar("AnswerT", bound=BaseModel)


def checked(kind: type[AnswerT], response: httpx.Response) -> AnswerT:
    """Return the answer as what it should be; raises `InvalidAnswer`."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise InvalidAnswer from error


def refusal(response: httpx.Response) -> Refused:
    """Return the error for an answer that is none; what a proxy in between says is not shown."""
    return refusal_of(response.status_code, response.headers, response.content)


def refusal_of(status: int, headers: Mapping[str, str], content: bytes) -> Refused:
    try:
        problem = Problem.model_validate_json(content)
    except ValidationError:
        problem = Problem()
    kind = kind_of(status)
    if kind.advice and problem.detail:
        problem = problem.model_copy(update={"hint": kind.advice})
    return kind(
        problem.sentence,
        retry_after=_seconds(headers.get("retry-after")),
        status=status,
        slug=problem.slug,
        request_id=problem.request_id,
    )


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None
