"""What detection, classification and whatever comes do alike: from an upload to an answer in the wanted form."""

from typing import Annotated

from fastapi import Depends
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from gateway.call import Call, Stages
from gateway.deadline import Deadline
from gateway.disconnect import unless_disconnected
from gateway.inference import Order
from gateway.middleware.request_id import request_id_of
from gateway.negotiation import Media, negotiate
from gateway.services import Injected
from gateway.tasks.base import AnswerT, Envelope, ParametersT, Task
from gateway.upload import read_upload


class Answering:
    """One request on its way. The upload is read only when nothing else is wrong with the request."""

    def __init__(self, request: Request, services: Injected) -> None:
        self._request = request
        self._services = services

    async def answer(self, task: Task[ParametersT, AnswerT], parameters: ParametersT) -> Response:
        media = negotiate(self._request.headers.get("accept"))
        stages = Stages()
        with stages.measure("read"):
            image = await read_upload(self._request)
        # The time that a slow client takes to send is not taken from Triton's.
        deadline = Deadline.after(self._services.settings.deadline_seconds)
        call = Call(request_id_of(self._request.scope), deadline, stages)
        work = self._services.inference.run(Order(task, parameters, image), call)
        answer = await unless_disconnected(self._request.receive, work)
        if media is Media.JSON:
            return Response(to_json(answer), media_type=Media.JSON)
        with stages.measure("draw"):
            picture = await self._services.artist.annotate(image, task.annotations(answer))
        return Response(picture, media_type=Media.JPEG, headers=_provenance(answer))


def _provenance(answer: Envelope) -> dict[str, str]:
    """Say in headers what a picture cannot say in its pixels."""
    return {"x-model": answer["model"], "x-model-version": answer["version"], "x-model-weights": answer["weights"]}


async def _answering(request: Request, services: Injected) -> Answering:
    return Answering(request, services)


Answerer = Annotated[Answering, Depends(_answering)]
