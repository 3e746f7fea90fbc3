"""What is done for a frame."""

import logging

from gateway.errors import GatewayError, InternalError
from gateway.inference import Order
from gateway.problems import describe
from gateway.services import Services
from gateway.streams.frame import Frame, Reply
from gateway.streams.wanted import Wanted

logger = logging.getLogger(__name__)


class Work:
    """Frames take the same way as requests: through the same checks and the same admission."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def check(self, wanted: Wanted) -> None:
        """Raise `UnknownModel`, or `TritonUnavailable`, before the first frame has to."""
        await self._services.catalogue.find(wanted.task.name, wanted.parameters.model)

    def count(self, *, dropped: int) -> None:
        self._services.metrics.frames(received=1, dropped=dropped)

    async def answer(self, frame: Frame) -> Reply:
        """Return the result or the problem; cancelling this cancels the work at Triton."""
        try:
            return await self._look(frame)
        except Exception as error:
            known = error if isinstance(error, GatewayError) else InternalError()
            request_id = frame.call.request_id
            if isinstance(known, InternalError):
                logger.exception("internal error, frame %s", request_id, extra={"request_id": request_id})
            return Reply(frame, {"error": describe(known, request_id)})

    async def _look(self, frame: Frame) -> Reply:
        wanted = frame.wanted
        answer = await self._services.inference.run(Order(wanted.task, wanted.parameters, frame.image), frame.call)
        if not wanted.annotate:
            return Reply(frame, {"result": answer})
        with frame.call.stages.measure("draw"):
            picture = await self._services.artist.annotate(frame.image, wanted.task.annotations(answer))
        return Reply(frame, {"result": answer}, picture)
