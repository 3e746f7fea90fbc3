"""One picture in, one answer out: the part that requests, jobs and streams have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from gateway.call import Call
from gateway.catalogue import Catalogue
from gateway.errors import BadParameter, EmptyFile, FieldError, TooManyPixels
from gateway.headers import read_size
from gateway.pipelines import Pipeline
from gateway.tasks.base import AnswerT, ParametersT, Result, Task
from gateway.triton.client import TritonClient
from gateway.triton.tensors import Outputs, Tensor, blob, infer_request

IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Order(Generic[ParametersT, AnswerT]):
    """What is wanted: a task, its parameters, and the picture as an encoded file."""

    task: Task[ParametersT, AnswerT]
    parameters: ParametersT
    image: bytes


class Inference:
    def __init__(self, triton: TritonClient, catalogue: Catalogue, max_pixels: int) -> None:
        self._triton = triton
        self._catalogue = catalogue
        self._max_pixels = max_pixels

    async def run(self, order: Order[ParametersT, AnswerT], call: Call) -> AnswerT:
        """Return the answer; cancelling this cancels the work at Triton.

        Raises `EmptyFile`, `NotAnImage`, `CorruptImage`, `TooManyPixels`, `UnknownModel`, `BadParameter` for what the
        pipeline does not take, and what `TritonClient` raises.
        """
        self.check(order.image)
        pipeline = await self._catalogue.find(order.task.name, order.parameters.model)
        options = list(order.task.inputs(order.parameters))
        _refuse_unknown(options, pipeline)
        request = infer_request(
            pipeline.name,
            [blob(IMAGE, order.image), *options],
            request_id=call.request_id,
            timeout_s=call.deadline.remaining(),
        )
        with call.stages.measure("infer"):
            response = await self._triton.infer(request, call.deadline)
        return order.task.answer(Result(pipeline, Outputs(response), call.stages.elapsed_ms["infer"], call.request_id))

    def check(self, image: bytes) -> None:
        """Refuse, by the first bytes, what need not be sent to Triton."""
        if not image:
            raise EmptyFile
        size = read_size(image)
        if size.width * size.height > self._max_pixels:
            raise TooManyPixels(
                f"The picture has {size.width}x{size.height} pixels; at most {self._max_pixels} are accepted."
            )


def _refuse_unknown(options: Iterable[Tensor], pipeline: Pipeline) -> None:
    unknown = [FieldError(option.name, "not taken by this model") for option in options]
    unknown = [error for error in unknown if error.field not in pipeline.inputs]
    if unknown:
        raise BadParameter(f"{pipeline.name} does not take every parameter that was given.", fields=tuple(unknown))
