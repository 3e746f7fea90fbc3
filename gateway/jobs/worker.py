"""Takes jobs from the store and sees them to their end, one at a time."""

import asyncio
import logging
from contextlib import suppress

import anyio

from gateway.errors import TryAgain
from gateway.jobs.job import Claim, Outcome
from gateway.jobs.runner import Runner
from gateway.jobs.store import Store
from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

WAIT_SECONDS = 1.0  # for a job, before lost and expired ones are looked for again
BEAT_SECONDS = 0.5  # also the time after which a cancelled job stops
HAND_BACK_SECONDS = 2.0
AWAY_SECONDS = 0.5


class Worker:
    """When `leaving` is set it takes no more jobs; the present one is finished, or handed back when `run` is cancelled.

    `left` is set when nothing is left to do.
    """

    def __init__(self, store: Store, runner: Runner, lease: float, leaving: asyncio.Event, metrics: Metrics) -> None:
        self._store = store
        self._runner = runner
        self._pause = min(BEAT_SECONDS, lease / 4)
        self._away = False
        self._leaving = leaving
        self._metrics = metrics
        self.left = asyncio.Event()

    async def run(self) -> None:
        """Work until told to leave."""
        while not self._leaving.is_set():
            if claim := await self._claim():
                await self._work(claim)
            else:
                await self._rest()
        self.left.set()

    async def _claim(self) -> Claim | None:
        """A store that is away is waited for, and spoken of once."""  # noqa: D401
        try:
            claim = await self._store.claim()
        except TryAgain as error:
            if not self._away:
                logger.warning("no jobs are taken: %s", error.detail)
            self._away = True
            await anyio.sleep(AWAY_SECONDS)
            return None
        self._away = False
        return claim

    async def _rest(self) -> None:
        """Wait until there may be something to do, or it is time to leave."""

        async def leave(scope: anyio.CancelScope) -> None:
            await self._leaving.wait()
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(leave, group.cancel_scope)
            with suppress(TryAgain):
                await self._store.news(min(WAIT_SECONDS, self._pause * 2))
            group.cancel_scope.cancel()

    async def _work(self, claim: Claim) -> None:
        try:
            if outcome := await self._while_held(claim):
                await self._finish(claim, outcome)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(HAND_BACK_SECONDS, shield=True):
                await self._hand_back(claim)
            raise

    async def _while_held(self, claim: Claim) -> Outcome | None:
        """Work as long as the job is ours: when it is cancelled, so is the call at Triton."""
        done = 0

        async def progress(files: int) -> None:
            nonlocal done
            done = files
            await self._beat(claim, done)  # at once, for those who watch

        async def keep(scope: anyio.CancelScope) -> None:
            while await self._beat(claim, done):  # noqa: ASYNC110 - nothing here could tell of it
                await anyio.sleep(self._pause)
            scope.cancel()

        outcome = None
        async with anyio.create_task_group() as group:
            group.start_soon(keep, group.cancel_scope)
            outcome = await self._runner.run(claim, progress)
            group.cancel_scope.cancel()
        return outcome

    async def _beat(self, claim: Claim, done: int) -> bool:
        try:
            return await self._store.beat(claim, done)
        except TryAgain:
            return True  # nobody else can have taken it from a store that is away

    async def _finish(self, claim: Claim, outcome: Outcome) -> None:
        """Try until the store has said whether it keeps the outcome."""
        while True:
            try:
                kept = await self._store.finish(claim, outcome)
            except TryAgain:
                await anyio.sleep(AWAY_SECONDS)
            else:
                if kept:
                    self._metrics.jobs_finished(outcome.status)
                else:
                    logger.info("job %s was another's, or nobody's, when it was done", claim.id)
                return

    async def _hand_back(self, claim: Claim) -> None:
        try:
            await self._store.hand_back(claim)
        except TryAgain:
            logger.warning("job %s could not be handed back; others take it when its lease is over", claim.id)
