"""What detection, classification and whatever comes do alike: from an upload to an answer in the wanted form.

Parameters are read here and not by FastAPI's injection, which would take a sixth of the gateway's time for a picture.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from gateway import batch, openapi
from gateway.call import Call
from gateway.deadline import Deadline, granted
from gateway.disconnect import unless_disconnected
from gateway.errors import DeadlineExceeded, NotAcceptable
from gateway.inference import Order
from gateway.middleware.request_id import request_id_of
from gateway.negotiation import Media, negotiate
from gateway.record import record_of
from gateway.services import services_of
from gateway.tasks.base import MAX_DEADLINE_MS, AnswerT, Envelope, Parameters, ParametersT, Task
from gateway.tasks.reading import read, validated
from gateway.upload import read_uploads

DEADLINE: Final = "x-deadline-ms"


class DeadlineHeader(BaseModel):
    deadline_ms: int | None = Field(
        None,
        alias=DEADLINE,
        ge=1,
        le=MAX_DEADLINE_MS,
        description="As the parameter `deadline_ms`; of the two the smaller counts.",
    )


def described(parameters: type[Parameters]) -> dict[str, Any]:
    """Return what an operation that answers uploads adds to the OpenAPI document."""
    given = [*openapi.parameters(parameters, "query"), *openapi.parameters(DeadlineHeader, "header")]
    return openapi.UPLOAD_BODY | {"parameters": given}


class Answering:
    """One request on its way. The upload is read only when nothing else is wrong with the request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._services = services_of(request.scope)

    async def answer(self, task: Task[ParametersT, AnswerT]) -> Response:
        """Answer one file with an answer, several with one for each."""
        parameters, deadline_ms = read(task.parameters, self._request.query_params), self._deadline_ms()
        media = negotiate(self._accept)
        settings, record = self._services.settings, record_of(self._request.scope)
        seconds = granted(settings.deadline_seconds, settings.max_deadline_seconds, parameters.deadline_ms, deadline_ms)
        self._services.admission.foresee(seconds)  # before the upload: who is sent away need not carry it in first
        with record.stages.measure("read"):
            images = await read_uploads(self._request, settings.max_files)
        # The time that a slow client takes to send is not taken from Triton's.
        call = Call(request_id_of(self._request.scope), Deadline.after(seconds), record.stages, facts=record.facts)
        orders = [Order(task, parameters, image) for image in images]
        work = self._one(orders[0], call, media) if len(orders) == 1 else self._several(orders, call)
        return await unless_disconnected(self._request.receive, work)

    @property
    def _accept(self) -> str | None:
        return self._request.headers.get("accept")

    def _deadline_ms(self) -> int | None:
        text = self._request.headers.get(DEADLINE)
        return None if text is None else validated(DeadlineHeader, {DEADLINE: text}).deadline_ms

    async def _one(self, order: Order[ParametersT, AnswerT], call: Call, media: Media) -> Response:
        answer = await self._services.inference.run(order, call)
        if media is Media.JSON:
            return Response(to_json(answer), media_type=Media.JSON)
        with call.stages.measure("draw"):
            picture = await self._drawn(order, answer, call.deadline)
        return Response(picture, media_type=Media.JPEG, headers=_provenance(answer))

    async def _drawn(self, order: Order[ParametersT, AnswerT], answer: AnswerT, deadline: Deadline) -> bytes:
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self._services.artist.annotate(order.image, order.task.annotations(answer))
        except TimeoutError:
            self._services.metrics.deadline_missed()
            raise DeadlineExceeded from None

    async def _several(self, orders: Sequence[Order[ParametersT, AnswerT]], call: Call) -> Response:
        _refuse_pictures(self._accept)
        with call.stages.measure("infer"):
            run, concurrency = self._services.inference.run, self._services.settings.batch_concurrency
            results = await batch.run(orders, call, concurrency, run)
        return Response(to_json(results), media_type=Media.JSON)


def _refuse_pictures(accept: str | None) -> None:
    try:
        negotiate(accept, (Media.JSON,))
    except NotAcceptable:
        raise NotAcceptable("Several files are answered as application/json only; a picture is of one file.") from None


def _provenance(answer: Envelope) -> dict[str, str]:
    """Say in headers what a picture cannot say in its pixels."""
    return {"x-model": answer["model"], "x-model-version": answer["version"], "x-model-weights": answer["weights"]}
