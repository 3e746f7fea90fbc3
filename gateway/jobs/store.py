"""What a store of jobs promises. One for many processes is `redis`, one for a single process `memory`."""

from dataclasses import dataclass
from typing import Protocol

from gateway.jobs.job import Claim, Delivery, Job, NewJob, Outcome


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a store as a whole; the times are in seconds."""

    queued: int
    kept_bytes: int
    retention: float  # from the end of a job until nothing of it is left
    lease: float  # without a sign of life for this long, a worker counts as lost


class Store(Protocol):
    """Each method happens as a whole or not at all, and raises `StoreUnavailable` where nothing can be said.

    `lasting` tells whether what was accepted outlives this process; where it does not, the process has to finish it.
    """

    lasting: bool

    async def add(self, new: NewJob) -> Job:
        """Accept a job, or return the one that was accepted under its key.

        Raises `StoreFull`, and `IdempotencyMismatch` when the key stands for something else.
        """

    async def get(self, job_id: str) -> Job | None: ...

    async def waiting(self) -> int:
        """Return how many jobs are queued."""

    async def picture(self, job_id: str, index: int) -> bytes | None: ...

    async def cancel(self, job_id: str) -> None:
        """End a job that is not finished, remove one that is; of an unknown one nothing is said."""

    async def claim(self) -> Claim | None:
        """Take the job of a lost worker or else the next one. Also clears away what has expired."""

    async def news(self, seconds: float) -> None:
        """Return when a job may have come since the last claim, or after so long; may be cancelled, `claim` may not."""

    async def beat(self, claim: Claim, done: int) -> bool:
        """Give a sign of life; False when the job was cancelled or is another's by now."""

    async def finish(self, claim: Claim, outcome: Outcome) -> bool:
        """Keep the outcome and put the webhook, if any, into the outbox; False as for `beat`, nothing is kept then."""

    async def hand_back(self, claim: Claim) -> None:
        """Put the job back to the head of the queue; the worker is leaving, not lost."""

    async def claim_delivery(self, lease: float) -> Delivery | None:
        """Take a webhook that is due; it is due again after `lease` seconds unless it is settled or postponed."""

    async def settle(self, job_id: str) -> None:
        """Take the webhook out of the outbox: it was delivered, or is given up."""

    async def postpone(self, job_id: str, delay: float) -> None: ...

    async def close(self) -> None: ...
