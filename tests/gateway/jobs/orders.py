"""Jobs to be ordered in tests."""

import secrets
from typing import Any

from gateway.jobs.job import NewJob, Outcome, Spec

DONE = Outcome.completed([{"model": "yolov8n"}])


def new(*pictures: bytes, key: str | None = None, fingerprint: str = "same", **spec: Any) -> NewJob:
    pictures = pictures or (b"picture",)
    told = Spec(task="detect", parameters={"confidence": 0.5}, files=len(pictures), **spec)
    return NewJob(id=secrets.token_hex(16), spec=told, pictures=pictures, key=key, fingerprint=fingerprint)
