"""The stack behind one port: nginx, page, gateway and Triton as one process tree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.sync.client import connect

from stack.single import check_access
from stack.supervisor import StackError
from tests.deploy.single import Single, get, starting
from tests.embedded.servers import alive
from tests.model_repository.pictures import encode, scene
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURE = encode(scene(240, 320), "JPEG")


@pytest.fixture(scope="module")
def single(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Single]:
    with starting(repository, tmp_path_factory.mktemp("single")) as running:
        running.wait_until_ready()
        yield running


def test_one_port_has_the_page_and_the_gateway(single: Single) -> None:
    assert "triton-vision" in get(f"{single.url}/").text
    assert get(f"{single.url}/readyz").json() == {"status": "ready"}
    assert get(f"{single.url}/openapi.json").json()["info"]["title"] == "triton-vision"
    answer = httpx.post(f"{single.url}/v1/detect", files={"file": PICTURE}, timeout=20)
    assert answer.json()["image"] == {"width": 320, "height": 240}


def test_it_answers_to_the_name_under_which_it_is_published(single: Single) -> None:
    assert get(f"{single.url}/v1/models", host="vision.example.org").status_code == 200


def test_uploads_beyond_the_limit_are_refused_by_the_gateway_not_by_the_proxy(single: Single) -> None:
    answer = httpx.post(
        f"{single.url}/v1/detect", content=b"\xff" * 21_000_000, headers={"content-type": "image/jpeg"}, timeout=20
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"


def test_streams_go_through(single: Single) -> None:
    with connect(f"{single.url.replace('http', 'ws')}/v1/stream?task=classify", open_timeout=20) as stream:
        stream.send(PICTURE)
        assert json.loads(stream.recv(20))["result"]["image"] == {"width": 320, "height": 240}


def test_figures_are_not_for_visitors(single: Single) -> None:
    assert get(f"{single.url}/metrics").status_code == 404


def test_the_log_has_what_triton_says(single: Single) -> None:
    assert "Started HTTPService" in single.said()


def test_a_signal_leaves_no_process_and_no_file(repository: Path, tmp_path: Path) -> None:
    with starting(repository, tmp_path, UI_PORT="off") as running:
        running.wait_until_ready()
        # Without a page everything is the gateway's.
        assert get(f"{running.url}/").json()["type"] == "/problems/unknown-path"
        family = running.family()
        assert any(process.name() == "nginx" for process in family)
        running.process.terminate()
        assert running.process.wait(60) == 0
    wait_until(lambda: not alive(family), seconds=10)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nobody_is_let_in_by_accident(repository: Path, tmp_path: Path) -> None:
    with starting(repository, tmp_path, HOST="0.0.0.0") as running:
        assert running.process.wait(STARTING) == 1
        assert "would serve everybody" in running.said()


@pytest.mark.parametrize(
    "decision",
    [
        {"GATEWAY_API_KEYS_FILE": "keys.toml"},
        {"GATEWAY_JWT_JWKS": "https://issuer.example/jwks"},
        {"GATEWAY_ALLOW_UNAUTHENTICATED": "Yes"},
        {"HOST": "::1"},
    ],
)
def test_whoever_has_decided_is_let_in(decision: dict[str, str]) -> None:
    check_access({"HOST": "0.0.0.0", **decision})


@pytest.mark.parametrize("decision", [{}, {"GATEWAY_ALLOW_UNAUTHENTICATED": "no"}, {"GATEWAY_JWT_JWKS": ""}])
def test_whoever_has_not_is_asked(decision: dict[str, str]) -> None:
    with pytest.raises(StackError, match="would serve everybody"):
        check_access({"HOST": "::", **decision})
