"""Webhooks that are due, delivered until they are taken or given up.

A delivery is claimed for longer than it can take: whoever dies in the middle leaves it to others. A receiver can meet a
message twice only when its sender died after it was taken and before that was written down; `webhook-id` tells it then.
"""

import logging

import anyio

from gateway.errors import TryAgain
from gateway.jobs.job import Delivery
from gateway.jobs.store import Store
from gateway.jobs.webhook import TIMEOUT_SECONDS, Webhooks

logger = logging.getLogger(__name__)

LEASE_SECONDS = 2 * TIMEOUT_SECONDS
LOOK_SECONDS = 0.5
# After each attempt that failed, in seconds; some four minutes in all, which is shorter than results are kept.
PAUSES = (2.0, 10.0, 30.0, 60.0, 120.0)


class Outbox:
    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self._store = store
        self._webhooks = webhooks

    async def run(self) -> None:
        """Deliver for ever, one at a time."""
        while True:
            if delivery := await self._due():
                await self._deliver(delivery)
            else:
                await anyio.sleep(LOOK_SECONDS)

    async def _due(self) -> Delivery | None:
        try:
            return await self._store.claim_delivery(LEASE_SECONDS)
        except TryAgain:
            return None

    async def _deliver(self, delivery: Delivery) -> None:
        job, attempt = delivery
        delivered = await self._webhooks.post(job)
        if not delivered and attempt > len(PAUSES):
            logger.warning("webhook of job %s given up after %d attempts", job.id, attempt)
        pause = None if delivered or attempt > len(PAUSES) else PAUSES[attempt - 1]
        while not await self._written_down(job.id, pause):  # noqa: ASYNC110 - nothing here could tell of it
            await anyio.sleep(LOOK_SECONDS)

    async def _written_down(self, job_id: str, pause: float | None) -> bool:
        try:
            if pause is None:
                await self._store.settle(job_id)
            else:
                await self._store.postpone(job_id, pause)
        except TryAgain:
            return False
        return True
