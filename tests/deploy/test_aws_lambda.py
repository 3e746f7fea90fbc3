"""The Lambda handler, started once as Lambda starts it, with events as AWS sends them, against a real Triton."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.events import http_api, load_balancer, rest_api
from tests.model_repository.pictures import encode, scene
from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.settings import Settings

PICTURE = encode(scene(240, 320), "JPEG")
# What the runtime does: it imports what CMD names, and calls it with one event after the other.
RUNTIME = """
import importlib, json, sys
module, name = "gateway.aws_lambda.handler".rsplit(".", 1)
handler = getattr(importlib.import_module(module), name)
for line in sys.stdin:
    print(json.dumps(handler(json.loads(line), None)), flush=True)
"""


def started(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUNTIME],
        cwd=ROOT,
        env={**os.environ, "GATEWAY_JOB_WORKERS": "0", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Function:
    """A started execution environment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def function(stack: Settings) -> Iterator[Function]:
    with started(TRITON_URL=stack.triton_grpc, GATEWAY_ALLOW_UNAUTHENTICATED="yes") as process:
        yield Function(process)
        process.kill()


def body(answer: dict[str, Any]) -> Any:
    assert not answer["isBase64Encoded"]
    return json.loads(answer["body"])


def test_a_picture_is_looked_at(function: Function) -> None:
    answer = function(http_api("POST", "/v1/detect", "confidence=0.4", {"content-type": "image/jpeg"}, PICTURE))
    assert answer["statusCode"] == 200
    assert body(answer)["image"] == {"width": 320, "height": 240}
    assert answer["headers"]["server-timing"]


def test_a_rest_api_may_ask_too(function: Function) -> None:
    answer = function(rest_api("POST", "/v1/classify", {"Content-Type": "image/jpeg"}, PICTURE))
    assert len(body(answer)["classifications"]) == 2


def test_an_annotated_picture_comes_as_base64(function: Function) -> None:
    headers = {"content-type": "image/jpeg", "accept": "image/jpeg"}
    answer = function(http_api("POST", "/v1/detect", headers=headers, body=PICTURE))
    assert answer["isBase64Encoded"]
    assert answer["headers"]["content-type"] == "image/jpeg"
    assert b64decode(answer["body"]).startswith(b"\xff\xd8\xff")


def test_problems_are_text(function: Function) -> None:
    answer = function(http_api("POST", "/v1/detect", headers={"content-type": "image/jpeg"}, body=b"not a picture"))
    assert answer["statusCode"] == 415
    assert body(answer)["type"] == "/problems/not-an-image"


def test_a_load_balancer_may_probe(function: Function) -> None:
    answer = function(load_balancer("/readyz"))
    assert answer["statusCode"] == 200
    assert body(answer) == {"status": "ready"}


def test_it_stays_started_between_events(function: Function) -> None:
    def uptime() -> float:
        return float(body(function(http_api("GET", "/v1/stats")))["uptime_s"])

    first = uptime()
    time.sleep(0.2)
    assert uptime() > first


def test_without_access_control_it_does_not_start(stack: Settings) -> None:
    with started(TRITON_URL=stack.triton_grpc) as process:
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert output == ""
    assert "would serve everybody" in errors
