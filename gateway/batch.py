"""Several pictures in one request: each has its own answer or its own problem, in the order in which they were sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from typing_extensions import TypedDict

from gateway.call import Call, Stages
from gateway.errors import CorruptImage, EmptyFile, GatewayError, InternalError, NotAnImage, TooManyPixels
from gateway.problems import Problem, describe
from gateway.tasks.base import AnswerT

OrderT = TypeVar("OrderT")
logger = logging.getLogger(__name__)

# These are of one picture. Anything else that all items meet is true of the request as a whole.
OF_A_PICTURE = (EmptyFile, NotAnImage, CorruptImage, TooManyPixels)


class Failure(TypedDict):
    """What became of a picture that has no answer."""

    error: Problem


class Batch(TypedDict, Generic[AnswerT]):
    """One result for each file, in order."""

    results: list[AnswerT | Failure]


async def run(
    orders: Sequence[OrderT], call: Call, concurrency: int, one: Callable[[OrderT, Call], Awaitable[AnswerT]]
) -> Batch[AnswerT]:
    """Await `one` for every order, at most `concurrency` at a time, each with an id of its own: `<id>-1` and so on.

    Raises what every item met, if that is nothing of pictures: then the request has one problem, not many.
    """
    free = asyncio.Semaphore(concurrency)

    async def item(number: int, order: OrderT) -> AnswerT | GatewayError:
        its_call = replace(call, request_id=f"{call.request_id}-{number}", stages=Stages())
        async with free:
            return await _outcome(one(order, its_call), its_call)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(item(number, order)) for number, order in enumerate(orders, 1)]
    outcomes = [task.result() for task in tasks]
    _raise_common(outcomes)
    return {"results": [_result(found, f"{call.request_id}-{number}") for number, found in enumerate(outcomes, 1)]}


async def _outcome(answer: Awaitable[AnswerT], call: Call) -> AnswerT | GatewayError:
    try:
        return await answer
    except GatewayError as error:
        problem: GatewayError = error
    except Exception as error:  # noqa: BLE001 - one picture must not take the others with it
        problem = InternalError()
        problem.__cause__ = error
    if isinstance(problem, InternalError):
        logger.error("internal error, request %s", call.request_id, exc_info=problem, extra=_extra(call))
    return problem


def _raise_common(outcomes: Sequence[object]) -> None:
    first, kinds = outcomes[0], {type(outcome) for outcome in outcomes}
    if len(kinds) == 1 and isinstance(first, GatewayError) and not isinstance(first, OF_A_PICTURE):
        raise first


def _result(outcome: AnswerT | GatewayError, request_id: str) -> AnswerT | Failure:
    return {"error": describe(outcome, request_id)} if isinstance(outcome, GatewayError) else outcome


def _extra(call: Call) -> dict[str, str]:
    return {"request_id": call.request_id}
