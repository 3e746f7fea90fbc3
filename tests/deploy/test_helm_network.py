"""Who reaches whom: policies, services, entrances."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.settings import Settings
from tests.deploy.charts import COMBINATIONS, Manifest, combination, component, merged, of_kind, render, selects

PARTS = ("triton", "gateway", "ui", "redis", "export")
CONTAINER_PORTS = {
    "triton": {"http": 8000, "grpc": 8001, "metrics": 8002},
    "gateway": {"http": 8080, "metrics": 8081},
    "ui": {"http": 7860},
    "redis": {"redis": 6379},
}


def labels(part: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "triton-vision",
        "app.kubernetes.io/instance": "demo",
        "app.kubernetes.io/component": part,
    }


def matches(peer: dict[str, Any], pod: dict[str, str], namespace: str) -> bool:
    """Say whether a peer of a policy means a pod with these labels in that namespace (`vision` is the policy's own)."""
    where = peer.get("namespaceSelector")
    here = (
        namespace == "vision"
        if where is None
        else selects(where.get("matchLabels", {}), {"kubernetes.io/metadata.name": namespace})
    )
    return here and selects(peer.get("podSelector", {}).get("matchLabels", {}), pod)


def admitted(rules: list[dict[str, Any]], port: str | int, pod: dict[str, str], namespace: str, side: str) -> bool:
    return any(
        (port in {one["port"] for one in rule["ports"]})
        and (side not in rule or any(matches(peer, pod, namespace) for peer in rule[side]))
        for rule in rules
    )


def reaches(manifests: list[Manifest], source: str, target: str, port: str, namespace: str = "vision") -> bool:
    """Ask both ends: the target's ingress and, for a part of ours, the source's egress."""
    policies = {part: made["spec"] for part, made in of_kind(manifests, "NetworkPolicy").items()}
    inward = admitted(policies[target]["ingress"], port, labels(source), namespace, "from")
    if source not in policies or namespace != "vision":
        return inward
    return inward and admitted(policies[source]["egress"], port, labels(target), "vision", "to")


@pytest.fixture(scope="module")
def gpu() -> list[Manifest]:
    return render(combination("gpu"))


def test_every_part_has_a_policy_that_means_its_pods(gpu: list[Manifest]) -> None:
    policies = of_kind(gpu, "NetworkPolicy")
    assert set(policies) == set(PARTS)
    for part, made in policies.items():
        assert made["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert made["spec"]["podSelector"]["matchLabels"] == labels(part)


def test_triton_is_reached_by_the_gateway_alone(gpu: list[Manifest]) -> None:
    assert reaches(gpu, "gateway", "triton", "grpc")
    for other in (*PARTS, "test", "somebody"):
        assert other == "gateway" or not reaches(gpu, other, "triton", "grpc"), other
        assert not reaches(gpu, other, "triton", "http"), other
    assert not reaches(gpu, "gateway", "triton", "grpc", namespace="elsewhere")


def test_redis_is_reached_by_the_gateway_alone(gpu: list[Manifest]) -> None:
    assert reaches(gpu, "gateway", "redis", "redis")
    assert not any(reaches(gpu, other, "redis", "redis") for other in (*PARTS, "test") if other != "gateway")


def test_metrics_are_for_prometheus(gpu: list[Manifest]) -> None:
    for part in ("triton", "gateway"):
        assert reaches(gpu, "prometheus", part, "metrics", namespace="monitoring")
        assert not reaches(gpu, "ui", part, "metrics")
        assert not reaches(gpu, "prometheus", part, "metrics", namespace="elsewhere")


def test_the_page_goes_nowhere_but_to_the_gateway(gpu: list[Manifest]) -> None:
    assert reaches(gpu, "ui", "gateway", "http")
    egress = of_kind(gpu, "NetworkPolicy")["ui"]["spec"]["egress"]
    assert [rule for rule in egress if "to" not in rule] == [
        {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    ]


def test_the_gateway_can_be_kept_for_the_entrance() -> None:
    manifests = render(combination("everything"))
    assert reaches(manifests, "controller", "gateway", "http", namespace="ingress")
    assert reaches(manifests, "controller", "ui", "http", namespace="ingress")
    assert reaches(manifests, "test", "gateway", "http")  # helm test
    assert not reaches(manifests, "somebody", "gateway", "http", namespace="elsewhere")
    assert not reaches(manifests, "somebody", "gateway", "http")


def test_what_is_outside_can_be_reached() -> None:
    def outward(name: str, part: str) -> set[int]:
        egress = of_kind(render(combination(name)), "NetworkPolicy")[part]["spec"]["egress"]
        return {one["port"] for rule in egress if "to" not in rule for one in rule["ports"]} - {53}

    assert outward("cpu", "gateway") == set()
    assert outward("external", "gateway") == {443, 6380, 8001}  # JWKS, Redis, Triton
    assert outward("everything", "gateway") == {443, 4318}  # webhooks, traces
    assert outward("everything", "triton") == {9000, 4318}  # the object store, traces
    tokens = of_kind(render(combination("everything")), "NetworkPolicy")["triton"]["spec"]["egress"]
    assert combination("everything")["networkPolicy"]["tritonEgress"][0] in tokens
    assert outward("gpu", "export") == {443}  # weights
    assert outward("gpu", "triton") == set()


@pytest.mark.parametrize(
    ("address", "port"), [("https://issuer.example.org/jwks", 443), ("https://issuer.example.org:8443/jwks", 8443)]
)
def test_signing_keys_can_be_fetched_where_they_are(address: str, port: int) -> None:
    values = merged(combination("external"), {"gateway": {"access": {"jwt": {"jwks": address}}}})
    egress = of_kind(render(values), "NetworkPolicy")["gateway"]["spec"]["egress"]
    assert {"ports": [{"protocol": "TCP", "port": port}]} in egress


@pytest.mark.parametrize("name", COMBINATIONS)
def test_services_lead_to_ports_of_pods(name: str) -> None:
    manifests = render(combination(name))
    workloads = of_kind(manifests, "Deployment", "StatefulSet")
    for service in (made for made in manifests if made["kind"] == "Service"):
        template = workloads[component(service)]["spec"]["template"]
        assert selects(service["spec"]["selector"], template["metadata"]["labels"])
        ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
        assert ports == CONTAINER_PORTS[component(service)]
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_selectors_mean_the_pods_of_their_part(name: str) -> None:
    manifests = render(combination(name))
    workloads = of_kind(manifests, "Deployment", "StatefulSet")
    for part, made in (workloads | {}).items():
        template = made["spec"]["template"]["metadata"]["labels"]
        # Versions change, selectors cannot.
        assert made["spec"]["selector"]["matchLabels"] == labels(part)
        assert selects(labels(part), template)
        for constraint in made["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            assert constraint["labelSelector"]["matchLabels"] == labels(part)
    for part, budget in of_kind(manifests, "PodDisruptionBudget").items():
        assert part in workloads
        assert budget["spec"]["selector"]["matchLabels"] == labels(part)


ENTRANCE = {"hosts": {"gateway": "vision.example.org", "ui": ""}, "httpRoute": {"enabled": False}}
LIMITS = {
    "nginx": ("nginx.org/client-max-body-size", "nginx.org/proxy-read-timeout"),
    "ingress-nginx": ("nginx.ingress.kubernetes.io/proxy-body-size", "nginx.ingress.kubernetes.io/proxy-read-timeout"),
}


@pytest.mark.parametrize("controller", LIMITS)
def test_entrances_let_through_what_the_gateway_takes(controller: str) -> None:
    values = merged(combination("everything"), ENTRANCE, {"ingress": {"controller": controller}})
    annotations = of_kind(render(values), "Ingress")["gateway"]["metadata"]["annotations"]
    body, silence = (annotations[name] for name in LIMITS[controller])
    assert int(body.removesuffix("m")) * 2**20 > 20_000_000
    settings = Settings()
    assert int(silence.removesuffix("s")) > max(2 * settings.stream_ping_seconds, settings.max_deadline_seconds)
    # A user's own word is the last.
    assert annotations["external-dns.alpha.kubernetes.io/hostname"] == "vision.example.org"


def test_nginx_knows_where_websockets_are() -> None:
    ingresses = of_kind(render(combination("everything")), "Ingress")
    for part in ("gateway", "ui"):
        made = ingresses[part]
        backend = made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
        assert made["metadata"]["annotations"]["nginx.org/websocket-services"] == backend


def test_certificates_cover_the_names() -> None:
    for made in of_kind(render(combination("everything")), "Ingress").values():
        assert made["spec"]["tls"][0]["hosts"] == [rule["host"] for rule in made["spec"]["rules"]]


def test_the_balancer_of_aws_asks_who_is_ready() -> None:
    values = merged(combination("everything"), ENTRANCE, {"ingress": {"controller": "alb"}})
    annotations = of_kind(render(values), "Ingress")["gateway"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/healthcheck-path"] == "/readyz"
    assert annotations["alb.ingress.kubernetes.io/target-type"] == "ip"


def test_routes_end_no_stream() -> None:
    route = of_kind(render(combination("everything")), "HTTPRoute")["gateway"]
    timeouts = {
        match["path"]["value"]: rule["timeouts"]["request"]
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    }
    assert timeouts == {"/v1/stream": "0s", "/v1/jobs": "0s", "/": "120s"}
