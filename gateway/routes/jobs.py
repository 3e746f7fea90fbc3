"""Pictures now, answers later."""

import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from gateway import problems
from gateway.errors import GatewayError, UnknownJob, UnknownModel
from gateway.jobs.documents import JobDocument, document
from gateway.jobs.intake import owner_of, read_job
from gateway.jobs.job import Job
from gateway.negotiation import Media
from gateway.routes import jobs_openapi as described
from gateway.services import Injected, Services
from gateway.tasks import TASKS

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

ONE = "/{job_id}"  # which `_job` takes
PRIVATE = {"cache-control": "no-store"}


async def _job(
    request: Request,
    services: Injected,
    job_id: Annotated[str, Path(description="The `id` of the job.")],
) -> Job:
    return await services.jobs.find(job_id, owner_of(request))


Found = Annotated[Job, Depends(_job)]


@router.post(
    "",
    summary="Accept pictures to be looked at later",
    status_code=202,
    response_model=None,
    responses=described.SUBMIT,
    openapi_extra=described.SUBMIT_BODY,
)
async def submit(request: Request, services: Injected) -> Response:
    """Answer at once; the job is kept and will be done, whatever becomes of this process if there is a Redis."""
    new = await read_job(request, services.settings)
    await _check_model(services, new.spec.task, new.spec.parameters.get("model"))
    job = await services.jobs.submit(new)
    return _told(document(job), 202, location=f"/v1/jobs/{job.id}")


@router.get(ONE, summary="See how a job stands, and its results", response_model=None, responses=described.STATUS)
async def status(
    job: Found,
    services: Injected,
    include: Annotated[
        Literal["image"] | None, Query(description="`image`: with each result, the annotated picture as a data URL.")
    ] = None,
) -> Response:
    """Results are there from `completed` until `expires_at`."""
    told = document(job)
    if include and "results" in told:
        for index, result in enumerate(told["results"]):
            if "error" not in result:
                drawn = await _drawn(services, job, index, result)
                result["annotated"] = f"data:{Media.JPEG.value};base64,{base64.b64encode(drawn).decode()}"
    return _told(told, 200)


@router.get(f"{ONE}/events", summary="Follow a job", response_class=EventSourceResponse, responses=described.EVENTS)
async def events(job: Found, services: Injected) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: the job whenever it changes, named by its status; the last one is final."""
    with suppress(GatewayError):  # the answer has begun: an end is all that can be said; clients connect again
        async for state in services.jobs.watch(job):
            yield ServerSentEvent(event=state.status.value, data=document(state))


@router.get(f"{ONE}/image", summary="See a result drawn on its picture", response_model=None, responses=described.IMAGE)
async def image(
    job: Found, services: Injected, index: Annotated[int, Query(ge=0, description="The file's place, from 0.")] = 0
) -> Response:
    """Give the annotated picture; for a file without an answer, its problem."""
    result = services.jobs.result(job, index)
    if problem := result.get("error"):
        return Response(to_json(problem), problem["status"], media_type=problems.MEDIA_TYPE, headers=PRIVATE)
    return Response(await _drawn(services, job, index, result), media_type=Media.JPEG, headers=PRIVATE)


@router.delete(ONE, summary="Cancel or remove a job", response_model=None, responses=described.CANCEL)
async def cancel(job: Found, services: Injected) -> Response:
    """Cancel a job that is not finished (200, the job); remove one that is, results and pictures too (204)."""
    await services.jobs.cancel(job)
    if job.status.final:
        return Response(status_code=204)
    with suppress(UnknownJob):  # it finished and was removed in this moment
        return _told(document(await services.jobs.find(job.id, job.spec.owner)), 200)
    return Response(status_code=204)


def _told(told: JobDocument, status_code: int, **headers: str) -> Response:
    return Response(to_json(told), status_code, media_type=Media.JSON, headers=PRIVATE | headers)


async def _drawn(services: Services, job: Job, index: int, answer: dict[str, Any]) -> bytes:
    picture = await services.jobs.picture(job, index)
    return await services.artist.annotate(picture, TASKS[job.spec.task].annotations(answer))


async def _check_model(services: Services, task: str, name: str | None) -> None:
    """Refuse what nobody serves while somebody is there to be told; a Triton that is away is no reason to refuse."""
    try:
        await services.catalogue.find(task, name)
    except UnknownModel:
        raise
    except GatewayError:
        return
