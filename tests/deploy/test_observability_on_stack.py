"""The dashboard's and the rules' every expression, asked of a real Prometheus that scrapes a stack at work."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from tests.deploy.observed import CONFIG, RULES, Query, dashboard_queries, rule_queries
from tests.deploy.prometheus import Prometheus, running
from tests.gateway.streams.talking import session, told
from tests.model_repository.pictures import encode, scene
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.settings import Settings

# What cannot be on a machine without a GPU; all names are NVIDIA's.
OF_GPUS = {
    "nv_gpu_utilization",
    "nv_gpu_memory_used_bytes",
    "nv_gpu_memory_total_bytes",
    "nv_gpu_power_usage",
    "nv_gpu_power_limit",
}
# Prometheus' own, and there only while an alert is near.
OF_ALERTS = {"ALERTS"}
EVERY = "1s"


def configuration(stack: Settings, folder: Any) -> Any:
    """Write the repository's configuration for this stack: its jobs at their addresses, and everything every second."""
    config = yaml.safe_load(CONFIG.read_text())
    at = {"triton": f"{stack.host}:{stack.triton_metrics_port}", "gateway": f"{stack.host}:{stack.gateway_port}"}
    config["global"] |= {"scrape_interval": EVERY, "evaluation_interval": EVERY}
    jobs = [job for job in config["scrape_configs"] if job["job_name"] in at]
    assert len(jobs) == 2
    for job in jobs:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [at[job["job_name"]]]}]
    config["scrape_configs"] = jobs
    (folder / "rules").mkdir()
    for path in RULES:
        rules = yaml.safe_load(path.read_text())
        for group in rules["groups"]:
            group["interval"] = EVERY
        (folder / "rules" / path.name).write_text(yaml.safe_dump(rules))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return folder / "prometheus.yml"


def work(stack: Settings) -> None:
    """Ask for everything that leaves a trace in the metrics."""
    picture = encode(scene(240, 320), "JPEG")
    with httpx.Client(base_url=stack.gateway_url, timeout=60) as gateway:
        # Untrained networks are sure of nothing.
        detected = gateway.post(
            "/v1/detect?confidence=0.0001", files={"file": picture}, headers={"accept": "image/jpeg"}
        )
        assert detected.status_code == 200
        assert gateway.post("/v1/classify", files={"file": picture}).status_code == 200
        ordered = gateway.post("/v1/jobs", data={"task": "detect"}, files={"file": picture})
        location = ordered.headers["location"]
        wait_until(lambda: gateway.get(location).json()["status"] == "completed", lambda: ordered.text, STARTING)
    asyncio.run(stream(stack, picture))
    wait_until(lambda: shed(stack, picture), lambda: "nothing was shed", STARTING)


async def stream(stack: Settings, picture: bytes) -> None:
    async with session((stack.host, stack.gateway_port)) as client:
        await client.send(picture)
        assert "result" in await told(client)


def shed(stack: Settings, picture: bytes) -> bool:
    """More at a time than there are places at Triton, and the last ones with no time to wait for one."""

    def ask(deadline: int) -> int:
        with httpx.Client(base_url=stack.gateway_url, timeout=60) as gateway:
            return gateway.post(f"/v1/detect?deadline_ms={deadline}", files={"file": picture}).status_code

    with ThreadPoolExecutor(16) as pool:
        return 503 in pool.map(ask, [20_000] * 12 + [5] * 4)


@pytest.fixture(scope="module")
def prometheus(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running(configuration(stack, folder), folder) as found:
        wait_until(lambda: found.value("up") == 2, lambda: str(found.ask("targets")), STARTING)
        work(stack)  # all series begin
        settle(found)
        work(stack)  # all series move
        settle(found)
        yield found


def settle(prometheus: Prometheus) -> None:
    """Wait until what has happened is scraped, and rules were evaluated with it."""
    now = prometheus.value("vector(time())")
    scraped = "count(timestamp(up) > {}) == 2 and on () count(timestamp(model:gateway_answers:increase1d) > {}) > 0"
    seen = scraped.format(now + 2, now + 3)
    wait_until(lambda: prometheus.query(seen), lambda: str(prometheus.ask("rules")), STARTING)


@pytest.mark.parametrize("query", dashboard_queries(), ids=lambda query: query.place)
def test_the_dashboard_shows_something(prometheus: Prometheus, query: Query) -> None:
    found = prometheus.query(query.expression)
    cannot_be = query.metrics & (OF_GPUS | OF_ALERTS) or "offset 1w" in query.expression
    assert found or cannot_be


@pytest.mark.parametrize("query", rule_queries(), ids=lambda query: query.place)
def test_rules_can_be_evaluated(prometheus: Prometheus, query: Query) -> None:
    prometheus.query(query.expression)


def test_prometheus_itself_has_no_trouble_with_the_rules(prometheus: Prometheus) -> None:
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == len(rule_queries())
    assert [rule for rule in rules if rule["health"] != "ok"] == []


@pytest.mark.parametrize("query", [*dashboard_queries(), *rule_queries()], ids=lambda query: query.place)
def test_every_metric_that_is_used_exists(prometheus: Prometheus, query: Query) -> None:
    there = set(prometheus.ask("label/__name__/values"))
    assert query.metrics - OF_GPUS - OF_ALERTS <= there


def test_there_is_no_exception_without_need(prometheus: Prometheus) -> None:
    assert not OF_GPUS & set(prometheus.ask("label/__name__/values"))
    used = {name for query in [*dashboard_queries(), *rule_queries()] for name in query.metrics}
    assert used >= OF_GPUS | OF_ALERTS


def test_a_metric_that_does_not_exist_would_be_noticed(prometheus: Prometheus) -> None:
    assert prometheus.query("gateway_no_such_metric") == []
    assert "gateway_no_such_metric" not in prometheus.ask("label/__name__/values")
