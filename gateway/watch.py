"""Values that others keep for themselves, copied into the metrics once a second.

Copied and not read at the scrape: of several workers only one is scraped, and it has only files of the others.
"""

from contextlib import suppress

import anyio

from gateway import exposition
from gateway.admission import Admission
from gateway.errors import TryAgain
from gateway.jobs.service import Jobs
from gateway.metrics import Metrics
from gateway.streams.admission import Streams

EVERY_SECONDS = 1.0


class Watch:
    def __init__(self, metrics: Metrics, admission: Admission, streams: Streams, jobs: Jobs) -> None:
        self._metrics = metrics
        self._admission = admission
        self._streams = streams
        self._jobs = jobs
        self._dead_seen = 0

    async def over_this_process(self) -> None:
        while True:
            self._look()
            await anyio.sleep(EVERY_SECONDS)

    async def over_the_store(self) -> None:
        """Apart from the rest, because a store may take its time, and may be away."""
        while True:
            with suppress(TryAgain):
                self._metrics.jobs_waiting(await self._jobs.waiting())
            await anyio.sleep(EVERY_SECONDS)

    def _look(self) -> None:
        exposition.bury()
        admission = self._admission
        self._metrics.inferences(admission.running, admission.waiting + admission.waiting_in_background)
        self._metrics.streams(self._streams.open)
        self._metrics.dead_inferences(admission.dead_started - self._dead_seen)
        self._dead_seen = admission.dead_started
