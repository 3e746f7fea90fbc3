"""How long inferences take of late, and what follows for those who have to come back."""

import math
import random

WEIGHT = 0.1  # of the newest time: some twenty of them make the estimate
DEVIATIONS = 2  # between a usual time and a long one, as in RFC 6298, which takes 4 where being early costs more
SPREAD_SECONDS = 2.0


class ServiceTimes:
    """Exponentially weighted means in seconds, by pipeline and of all; 0 while nothing is known, so nobody is refused.

    Taken while a slot is held: by Little's law, slots divided by this is the throughput, whatever Triton does inside.
    """

    def __init__(self) -> None:
        self.mean = 0.0
        self._deviation = 0.0
        self._by_pipeline: dict[str, float] = {}

    @property
    def long(self) -> float:
        """A time that most stay below."""
        return self.mean + DEVIATIONS * self._deviation

    def expected(self, pipeline: str) -> float:
        return self._by_pipeline.get(pipeline, self.mean)

    def observe(self, pipeline: str, seconds: float) -> None:
        """Learn from one that was finished."""
        self._by_pipeline[pipeline] = _moved(self.expected(pipeline), seconds)
        self._deviation = _moved(self._deviation, abs(seconds - self.mean)) if self.mean else 0.0
        self.mean = _moved(self.mean, seconds)

    def observe_cut_off(self, pipeline: str, seconds: float) -> None:
        """Learn from one that was given up: as much again would have been needed as is needed on average.

        Without this only the quick ones would count when time is short, and too much would be promised.
        """
        self.observe(pipeline, seconds + self.expected(pipeline))


def retry_after(wait: float) -> int:
    """Whole seconds, at least 1, after `wait`; scattered, so that those refused together do not come back together."""
    scattered = wait + random.uniform(0, max(SPREAD_SECONDS, wait))  # noqa: S311 - no secret
    return max(1, math.ceil(scattered))


def _moved(mean: float, value: float) -> float:
    return mean + WEIGHT * (value - mean) if mean else value
