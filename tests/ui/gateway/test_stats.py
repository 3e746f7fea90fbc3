"""What is read from the gateway's metrics, and what holds when it does not tell."""

from __future__ import annotations

import httpx
import pytest

from ui.gateway.client import Gateway
from ui.gateway.stats import details
from ui.gateway.waking import State, ping

pytestmark = pytest.mark.anyio
METRICS = """# HELP gateway_shed_total Requests answered 429 or 503.
# TYPE gateway_shed_total counter
gateway_shed_total{reason="overloaded"} 3.0
gateway_shed_total{reason="queue-full"} 0.0
gateway_stage_duration_seconds_bucket{le="0.005",stage="infer"} 1.0
gateway_stage_duration_seconds_count{stage="read"} 2.0
gateway_stage_duration_seconds_sum{stage="read"} 0.001
gateway_stage_duration_seconds_count{stage="infer"} 4.0
gateway_stage_duration_seconds_sum{stage="infer"} 0.1
gateway_stage_duration_seconds_count{stage="draw"} 0.0
gateway_stage_duration_seconds_sum{stage="draw"} 0.0
"""


def answering(**answers: httpx.Response | Exception) -> Gateway:
    """Return a gateway that answers paths by their last part."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers[request.url.path.rpartition("/")[2]]
        if isinstance(found, Exception):
            raise found
        return found

    return Gateway(httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway"))


async def test_refusals_by_reason_and_mean_stages() -> None:
    refused, stages = await details(answering(metrics=httpx.Response(200, text=METRICS)))
    assert refused == {"overloaded": 3}
    assert [(stage.name, stage.milliseconds) for stage in stages.stages] == [("read", 0.5), ("infer", 25.0)]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_metrics_that_are_not_public_are_left_out(status: int) -> None:
    assert (await details(answering(metrics=httpx.Response(status))))[0] == {}


@pytest.mark.parametrize(
    ("ready", "state"),
    [
        (httpx.ConnectError("refused"), State.WAKING),
        (httpx.ReadTimeout("slow"), State.WAKING),
        (httpx.Response(503), State.WAKING),
        (httpx.Response(502), State.WAKING),
        (httpx.Response(200), State.REFUSING),
    ],
)
async def test_what_a_ping_tells(ready: httpx.Response | Exception, state: State) -> None:
    found = await ping(answering(readyz=ready, models=httpx.Response(401)))
    assert found.state is state
    assert found.sentence


async def test_a_gateway_that_is_there_tells_its_models() -> None:
    found = await ping(answering(readyz=httpx.Response(200), models=httpx.Response(200, json={"models": []})))
    assert (found.state, found.sentence) == (State.READY, "")
