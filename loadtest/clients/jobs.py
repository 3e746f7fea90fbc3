"""The gateway's jobs: hand a picture in, wait, take the result, tidy up. The request is the whole of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from loadtest.answers import check_document, problem
from loadtest.clients import Client
from loadtest.clients.http import Connection
from loadtest.outcome import RequestError

if TYPE_CHECKING:
    from loadtest.settings import Target

FINAL = ("completed", "failed", "cancelled")


class JobClient(Client):
    """Latency is from the upload to the result; the removal after it is not in it."""

    via = "gateway"
    name = "job"

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = Connection(target)
        self._done: str | None = None

    def ask(self, picture: bytes) -> int:
        accepted, _ = self._connection.post(f"/v1/jobs?task={self._target.task}", picture, 202)
        path = f"/v1/jobs/{accepted['id']}"
        job, size = self._follow(path) if self._target.job_wait == "events" else self._poll(path)
        self._done = path
        if job["status"] == "failed":
            raise problem(job.get("error"))
        if job["status"] != "completed":
            raise RequestError(f"the job is {job['status']}")
        for result in job["results"]:
            check_document(self._target.task, result)
        return size

    def tidy(self) -> None:
        """Remove the job: kept ones would fill the store within minutes, and the test would end at that limit."""
        if self._done:
            self._connection.delete(self._done)
            self._done = None

    def _poll(self, path: str) -> tuple[dict[str, Any], int]:
        deadline = time.monotonic() + self._target.timeout
        while time.monotonic() < deadline:
            job, size = self._connection.get(path)
            if job["status"] in FINAL:
                return job, size
            time.sleep(self._target.poll)
        raise RequestError("the job did not end in time")

    def _follow(self, path: str) -> tuple[dict[str, Any], int]:
        """Read server-sent events until one is final."""
        response = self._connection.open(f"{path}/events")
        try:
            while line := response.readline(b"\n"):
                if line.startswith(b"data:"):
                    job = json.loads(line.removeprefix(b"data:"))
                    if job["status"] in FINAL:
                        response.read()  # to its end, or the connection could not be used again
                        return job, len(line)
        finally:
            response.release()
        raise RequestError("the events ended before the job")

    def close(self) -> None:
        self._connection.close()
