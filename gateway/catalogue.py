"""The pipelines on offer: looked up for every request, renewed when that is due or when it may help."""

import asyncio
import logging
import time
from dataclasses import replace

from tritonclient.grpc.model_config_pb2 import ModelConfig

from gateway.deadline import Deadline
from gateway.errors import GatewayError, UnknownModel
from gateway.pipelines import Index, Pipeline, pipelines
from gateway.triton.client import TritonClient

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 5.0  # for all calls of one renewal together
# Unknown names make us look again, but not more often than this: a client must not be able to keep Triton busy so.
FRESH_SECONDS = 1.0


class Catalogue:
    """A snapshot of what Triton serves. Adding a model to Triton changes no code here."""

    def __init__(self, triton: TritonClient, every_seconds: float) -> None:
        self._triton = triton
        self._every_seconds = every_seconds
        self._pipelines: dict[str, Pipeline] = {}
        self._renewed_at = -FRESH_SECONDS
        self._renewal: asyncio.Task[None] | None = None

    async def find(self, task: str, name: str | None) -> Pipeline:
        """Return the pipeline for `task` that is called `name` or whose engine is; without a name the default one.

        Raises `UnknownModel`, and `TritonUnavailable` when Triton could not be asked.
        """
        if found := self._pick(task, name):
            return found
        await self.renew()
        if found := self._pick(task, name):
            return found
        raise UnknownModel(
            f"No model called {name!r} is served for {task}." if name else f"Nothing is served for {task}."
        )

    def lists(self, pipeline: Pipeline) -> bool:
        """Whether it is, or was and may come back, on offer."""
        return pipeline.name in self._pipelines

    async def all(self) -> list[Pipeline]:
        await self.renew()
        return list(self._pipelines.values())

    async def renew(self) -> None:
        """Ask Triton, unless that was done just now; callers at the same time share one renewal."""
        if time.monotonic() - self._renewed_at < FRESH_SECONDS:
            return
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            # All callers may have left by the time it fails: somebody has to have looked at the reason.
            self._renewal.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Shielded, because a caller that leaves must not take the answer from the others.
        await asyncio.shield(self._renewal)

    async def keep_fresh(self) -> None:
        """Renew for ever; that Triton is away is logged once, not every time."""
        away = False
        while True:
            try:
                await self.renew()
            except GatewayError as error:
                if not away:
                    logger.warning("catalogue not renewed: %s", error.detail)
                away = True
            else:
                away = False
            await asyncio.sleep(self._every_seconds)

    def _pick(self, task: str, name: str | None) -> Pipeline | None:
        offered = [pipeline for pipeline in self._pipelines.values() if pipeline.task == task]
        wanted = name or task
        for pipeline in offered:
            if wanted == pipeline.name:
                return pipeline
        by_engine = (pipeline for pipeline in offered if name in (None, pipeline.engine))
        return next(by_engine, None)

    async def _renew(self) -> None:
        try:
            self._replace(await self._read(Deadline.after(REFRESH_SECONDS)))
        finally:
            self._renewal = None

    async def _read(self, deadline: Deadline) -> dict[str, Pipeline]:
        index = Index(await self._triton.index(deadline))
        configs = await asyncio.gather(*(self._config(name, deadline) for name in index.ready))
        found = pipelines(index, {config.name: config for config in configs if config})
        # A pipeline that does not load any more has no config to read, yet it is still there.
        lost = {n: replace(p, ready=False) for n, p in self._pipelines.items() if n in index.names - index.ready}
        return lost | found

    async def _config(self, model: str, deadline: Deadline) -> ModelConfig | None:
        try:
            return await self._triton.config(model, deadline)
        except UnknownModel:  # unloaded since the index was read
            return None

    def _replace(self, found: dict[str, Pipeline]) -> None:
        if found.keys() != self._pipelines.keys():
            logger.info("pipelines: %s", ", ".join(found) or "none")
        self._pipelines = found
        self._renewed_at = time.monotonic()
