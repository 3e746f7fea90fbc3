"""What Prometheus is told. Label sets are bounded, whatever clients send: see `gateway.labels`.

With several workers (`PROMETHEUS_MULTIPROC_DIR` is set) the library keeps the values in files, and a scrape of any
worker gives the sums.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.labels import METHODS, Bounded, Capped
from gateway.recent import Recent

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STAGE_SECONDS = (0.001, 0.0025, *SECONDS)
TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
NO_MODEL = "none"
MOST_MODELS = 64  # models come and go with the operator; a scrape must stay readable all the same

JOB_ENDS = ("completed", "failed", "cancelled")


class Metrics:
    """Each method is one thing that happened. Safe to call from any thread; a call costs microseconds."""

    def __init__(self, classes: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self.recent = Recent()
        self._methods, self._job_ends = Bounded(METHODS), Bounded(JOB_ENDS)
        self._groups, self._models = Bounded(classes), Capped(MOST_MODELS)
        self._requests = self._counter("requests", "Requests answered.", "route", "method", "status")
        self._duration = self._histogram("request_duration_seconds", "Time to the answer.", SECONDS, "route", "model")
        self._stages = self._histogram("stage_duration_seconds", "Time by stage of the work.", STAGE_SECONDS, "stage")
        self._shed = self._counter("shed", "Requests sent away for now, by the slug of the problem.", "reason")
        self._misses = self._counter("deadline_misses", "Work not done by its deadline.")
        self._dead = self._counter("dead_inferences", "Inferences run although nobody waited any more.")
        self._in_flight = self._gauge("in_flight", "Requests being worked on.")
        self._running = self._gauge("inferences_running", "Inferences at Triton.")
        self._waiting = self._gauge("inferences_waiting", "Inferences that wait for their turn in the gateway.")
        self._bytes = self._counter("upload_bytes", "Bytes of the pictures accepted.")
        self._pixels = self._counter("pixels", "Pixels of the pictures accepted.")
        self._answers = self._counter("answers", "Pictures answered: in requests, batches, jobs and streams.", "model")
        self._confidence = self._histogram("confidence", "Confidence of results.", TENTHS, "model", "group")
        self._jobs = self._counter("jobs_finished", "Jobs that came to an end.", "status")
        # One store for all workers: each of them sees the same.
        self._jobs_waiting = self._gauge("jobs_waiting", "Jobs accepted and not begun.", "livemax")
        self._streams = self._gauge("streams", "Open streams.")
        self._frames = self._counter("stream_frames", "Frames of streams.", "outcome")

    def request_began(self) -> None:
        self._in_flight.inc()

    def request_ended(self, route: str, method: str, status: int, model: str | None, seconds: float) -> None:
        """`route` is a template, `model` one that was found; both are the gateway's own words."""
        self._in_flight.dec()
        self._requests.labels(route, self._methods(method), status).inc()
        self._duration.labels(route, self._models(model) if model else NO_MODEL).observe(seconds)

    def stages(self, names: Iterable[str], elapsed_ms: Mapping[str, float]) -> None:
        """Those of `names` that were measured; names are the gateway's own."""
        for name in names:
            if name in elapsed_ms:
                self._stages.labels(name).observe(elapsed_ms[name] / 1e3)

    def shed(self, slug: str) -> None:
        """`slug` is an error's; see `gateway.errors`."""
        self._shed.labels(slug).inc()

    def deadline_missed(self) -> None:
        self._misses.inc()

    def dead_inferences(self, count: int) -> None:
        self._dead.inc(count)

    def inferences(self, running: int, waiting: int) -> None:
        """How many are at Triton now, and how many wait for one of their places."""
        self._running.set(running)
        self._waiting.set(waiting)

    def picture(self, size: int, pixels: int) -> None:
        """Count an accepted picture of `size` bytes."""
        self._bytes.inc(size)
        self._pixels.inc(pixels)

    def answered(self, model: str, seconds: float, found: Iterable[tuple[str, float]]) -> None:
        """Count a picture answered after `seconds`; `found` are labels with confidences from 0 to 1."""
        self.recent.answered(seconds)
        name = self._models(model)
        self._answers.labels(name).inc()
        by_group: dict[str, Histogram] = {}  # of hundreds of results most are of few groups
        for label, confidence in found:
            group = self._groups(label)
            if group not in by_group:
                by_group[group] = self._confidence.labels(name, group)
            by_group[group].observe(confidence)

    def jobs_finished(self, status: str) -> None:
        """`status` is completed, failed or cancelled."""
        self._jobs.labels(self._job_ends(status)).inc()

    def jobs_waiting(self, count: int) -> None:
        self._jobs_waiting.set(count)

    def streams(self, count: int) -> None:
        self._streams.set(count)

    def frames(self, received: int = 0, dropped: int = 0) -> None:
        """Frames that came in, and frames that were replaced by newer ones before their turn."""
        self._frames.labels("received").inc(received)
        self._frames.labels("dropped").inc(dropped)

    def total(self, name: str) -> int:
        """Return the sum of a counter or gauge over all labels, of this process."""
        families = self.registry.restricted_registry((f"gateway_{name}",)).collect()
        return int(sum(sample.value for family in families for sample in family.samples))

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"gateway_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"gateway_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, meaning: str, mode: Literal["livesum", "livemax"] = "livesum") -> Gauge:
        # Of several workers, those that live, together.
        return Gauge(f"gateway_{name}", meaning, multiprocess_mode=mode, registry=self.registry)
