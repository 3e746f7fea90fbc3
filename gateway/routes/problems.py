"""The `type` of a problem is an address: this is what it leads to."""

from collections.abc import Iterator

from fastapi import APIRouter
from typing_extensions import TypedDict

from gateway import openapi
from gateway.errors import GatewayError, QuotaExceeded, UnknownPath, UntrustedHost

router = APIRouter(tags=["problems"])


class ProblemPage(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    hint: str


@router.get(
    "/problems/{slug}",
    summary="Explain a kind of problem",
    responses=openapi.refusals(UnknownPath, UntrustedHost, QuotaExceeded),
)
async def problem(slug: str) -> ProblemPage:
    for kind in kinds():
        if kind.slug == slug:
            return {
                "type": f"/problems/{slug}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.detail,
                "hint": kind.hint,
            }
    raise UnknownPath


def kinds(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """List the leaves of the tree of errors."""
    below = root.__subclasses__()
    if not below:
        yield root
    for kind in below:
        yield from kinds(kind)
