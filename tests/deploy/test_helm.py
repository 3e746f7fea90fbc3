"""The chart: what it renders is valid, closed, and fits the programs that it starts."""

from __future__ import annotations

import re
import tarfile
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import helm_python
import kubernetes_validate
import pytest
import yaml

from gateway.admin import create_admin_app
from gateway.app import create_app
from gateway.settings import Settings as GatewaySettings
from tests.deploy import charts
from tests.deploy.charts import COMBINATIONS, Manifest, combination, containers, environment, of_kind, pods, render
from tests.repositories import ROOT
from ui.settings import Settings as PageSettings

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from gateway.services import Services

# Known to others than Kubernetes itself; their schemas are not at hand.
CUSTOM = {"HTTPRoute", "PrometheusRule", "ServiceMonitor"}
OLDEST, NEWEST = "1.30", "1.37"


@pytest.fixture(params=COMBINATIONS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(combination(request.param))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(manifests: list[Manifest], version: str) -> None:
    for made in manifests:
        if made["kind"] in CUSTOM:
            continue
        kubernetes_validate.validate(made, version, strict=True)


def test_the_oldest_kubernetes_is_the_one_that_is_asked_for() -> None:
    assert charts.chart().metadata["kubeVersion"] == f">={OLDEST}.0-0"


def test_every_combination_passes_the_linter() -> None:
    for name in COMBINATIONS:
        report = helm_python.lint(charts.CHART, combination(name), strict=True)
        said = [message for message in report["messages"] if message["severity"] > 1]
        assert not said
        assert not report["errors"]


def test_names_are_unique_and_short(manifests: list[Manifest]) -> None:
    names = [(made["kind"], made["metadata"]["name"]) for made in manifests]
    assert len(set(names)) == len(names)
    long = render(combination("everything") | {"fullnameOverride": "a" * 63}, release="b" * 53)
    assert max(len(made["metadata"]["name"]) for made in long) <= 63


def test_every_pod_is_closed(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        for container in containers(pod):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            assert not any("hostPort" in port for port in container.get("ports", [])), name


def test_no_image_is_left_to_chance(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        for container in containers(pod):
            tag = container["image"].rpartition("/")[2].partition(":")[2]
            assert tag not in {"", "latest"}, name


def test_a_read_only_root_leaves_room_for_temporary_files(manifests: list[Manifest]) -> None:
    for made in of_kind(manifests, "Deployment", "StatefulSet", "Job").values():
        pod = made["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert "emptyDir" in volumes[mounts["/tmp"]]
        assert {mount["name"] for container in containers(pod) for mount in container["volumeMounts"]} <= (
            volumes.keys() | {claim["metadata"]["name"] for claim in made["spec"].get("volumeClaimTemplates", [])}
        )


def test_secrets_come_by_reference(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        for variable in (one for container in containers(pod) for one in container.get("env", [])):
            if re.search(r"PASSWORD|SECRET|TOKEN|API_KEY$", variable["name"]):
                assert "secretKeyRef" in variable["valueFrom"], (name, variable["name"])
    assert not of_kind(manifests, "Secret")


def test_only_the_gateway_can_be_reached_from_outside() -> None:
    open_gateway = {"gateway": {"service": {"type": "LoadBalancer"}}}
    manifests = render(charts.merged(combination("everything"), open_gateway))
    for service in (made for made in manifests if made["kind"] == "Service"):
        expected = "LoadBalancer" if service["metadata"]["name"] == "vision-gateway" else "ClusterIP"
        assert service["spec"].get("type", "ClusterIP") == expected
        if expected == "LoadBalancer":
            assert [port["port"] for port in service["spec"]["ports"]] == [8080]
    text = yaml.safe_dump_all(made for made in manifests if made["kind"] in {"Ingress", "HTTPRoute"})
    assert set(re.findall(r"\bname: (vision-\S+)", text)) == {"vision-gateway", "vision-ui"}


@pytest.mark.parametrize("values", [{"triton": {"service": {"type": "LoadBalancer"}}}, {"redis": {"service": {}}}])
def test_the_values_know_no_way_to_open_the_others(values: dict[str, Any]) -> None:
    with pytest.raises(helm_python.HelmValuesError, match="additional properties"):
        render(charts.merged(charts.ACCESS, values))


def served(name: str, port: str) -> set[str]:
    if name == "ui":
        # Gradio starts threads where a page is only made; tests/ui ask a page that runs.
        return set(re.findall(r'add_api_route\("([^"]+)"', (ROOT / "ui/app.py").read_text()))
    settings = GatewaySettings(admin_port=8081)
    services = cast("Services", SimpleNamespace(settings=settings))
    app = create_admin_app(services) if port == "metrics" else create_app(settings)
    return set(app.openapi()["paths"])


@pytest.mark.parametrize("name", ["gateway", "ui"])
def test_what_probes_ask_is_served_on_the_port_they_ask(name: str) -> None:
    deployment = of_kind(render(combination("everything")), "Deployment")[name]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        request = container[probe]["httpGet"]
        assert request["path"] in served(name, request["port"]), probe
        assert request["port"] in {port["name"] for port in container["ports"]}
    # Restarting the gateway would not bring Triton back.
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def loaded(settings: type[BaseSettings], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return settings()


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_gateway_starts_with_its_variables(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = render(combination(name))
    variables = environment(manifests, "gateway")
    if "REDIS_PASSWORD" not in variables and variables.get("GATEWAY_REDIS_URL", "").startswith("secret:"):
        variables["GATEWAY_REDIS_URL"] = "rediss://cloud.example.org:6380/0"
    settings: GatewaySettings = loaded(GatewaySettings, variables, monkeypatch)
    known = {f"GATEWAY_{field.upper()}" for field in GatewaySettings.model_fields}
    assert {variable for variable in variables if variable.startswith("GATEWAY_")} <= known
    container = of_kind(manifests, "Deployment")["gateway"]["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": settings.port, "metrics": settings.admin_port}
    services = {made["metadata"]["name"]: made["spec"] for made in manifests if made["kind"] == "Service"}
    if name != "external":
        host, _, port = settings.triton_url.partition(":")
        assert int(port) in {offered["port"] for offered in services[host]["ports"]}
        # All its addresses, not one virtual one: the gateway's client spreads its calls over them.
        assert services[host]["clusterIP"] == "None"
    if settings.redis_url and name != "external":
        host, _, rest = settings.redis_url.rpartition("@")[2].removeprefix("redis://").partition(":")
        assert {offered["port"] for offered in services[host]["ports"]} == {int(rest.partition("/")[0])}


def test_the_page_finds_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = render(combination("everything"))
    variables = environment(manifests, "ui")
    settings: PageSettings = loaded(PageSettings, variables, monkeypatch)
    gateway = next(made for made in manifests if made["kind"] == "Service" and charts.component(made) == "gateway")
    assert settings.gateway_url.host == gateway["metadata"]["name"]
    assert settings.gateway_url.port == gateway["spec"]["ports"][0]["port"]
    assert variables["GATEWAY_API_KEY"] == "secret:page-key/api-key"
    assert variables["UI_MAX_STREAMS"] == "16"
    container = of_kind(manifests, "Deployment")["ui"]["spec"]["template"]["spec"]["containers"][0]
    assert [port["containerPort"] for port in container["ports"]] == [settings.port]


def test_keys_are_where_the_gateway_looks_and_can_change_there() -> None:
    manifests = render(combination("everything"))
    pod = of_kind(manifests, "Deployment")["gateway"]["spec"]["template"]["spec"]
    mount = next(one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "api-keys")
    secret = next(one for one in pod["volumes"] if one["name"] == "api-keys")["secret"]
    path = Path(environment(manifests, "gateway")["GATEWAY_API_KEYS_FILE"])
    assert str(path.parent) == mount["mountPath"]
    assert path.name in {item["path"] for item in secret["items"]}
    # A file mounted by itself stays as it was when the secret changes.
    assert "subPath" not in mount


@pytest.mark.parametrize("delay", [0, 15, 60])
def test_a_gateway_is_not_killed_before_it_is_done(delay: int) -> None:
    timing = {"gateway": {"shutdownDelaySeconds": delay, "maxDeadlineSeconds": 45}}
    pod = charts.pod_of("gateway", combination("cpu"), timing)
    requests = 45 + 5  # timeout_graceful_shutdown in gateway/__main__.py
    jobs = 45  # those in process, worked off for GATEWAY_MAX_DEADLINE_SECONDS at most
    assert pod["terminationGracePeriodSeconds"] > delay + requests + jobs


def test_load_balancers_notice_before_a_gateway_stops_accepting() -> None:
    entrance = {"ingress": {"controller": "alb"}, "httpRoute": {"enabled": False}}
    manifests = render(charts.merged(combination("everything"), entrance))
    ingress = of_kind(manifests, "Ingress")["gateway"]["metadata"]["annotations"]
    delay = float(environment(manifests, "gateway")["GATEWAY_SHUTDOWN_DELAY_SECONDS"])
    # AWS takes a target out after two failed checks.
    assert delay >= 2 * int(ingress["alb.ingress.kubernetes.io/healthcheck-interval-seconds"])


def test_a_gateway_answers_while_triton_is_away() -> None:
    container = charts.pod_of("gateway", combination("cpu"))["containers"][0]
    asked = {probe: container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    assert set(asked.values()) == {"/healthz"}, "clients would get no problem, and no word of their jobs"
    assert "readinessProbe" in asked


@pytest.mark.parametrize("name", ["", *sorted(set(COMBINATIONS) - {"external"})])
def test_gateways_hold_more_than_triton_works_on(name: str) -> None:
    values = charts.merged(charts.chart().values, combination(name) if name else {})
    config = "configs/gpu.pbtxt" if values["profile"] == "gpu" else "config.pbtxt"
    text = (ROOT / "model_repository/detect" / config).read_text()
    count, streams = (re.search(rf"{what}\D+(\d+)", text) for what in ("count:", "NUM_STREAMS"))
    assert count
    servers, gateways = (
        part["autoscaling"]["minReplicas"] if part["autoscaling"]["enabled"] else part["replicas"]
        for part in (values["triton"], values["gateway"])
    )
    held = gateways * values["gateway"]["workers"] * values["gateway"]["maxConcurrency"]
    # The next pictures are at hand while the streams are busy; or twice the instances.
    assert held == (int(streams[1]) + 2 if streams else 2 * int(count[1])) * servers


def test_triton_is_given_the_time_it_takes() -> None:
    pod = of_kind(render(combination("everything")), "Deployment")["triton"]["spec"]["template"]["spec"]
    arguments = pod["containers"][0]["args"]
    exit_timeout = next(int(one.partition("=")[2]) for one in arguments if one.startswith("--exit-timeout-secs="))
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > sleep + exit_timeout


def test_profiles() -> None:
    _, cpu = charts.triton(combination("cpu"))
    pod, gpu = charts.triton(combination("gpu"))
    assert cpu["image"].partition(":")[0].endswith("/triton-vision-triton-cpu")
    assert gpu["image"].partition(":")[0].endswith("/triton-vision-triton")
    assert "--model-config-name=gpu" in gpu["args"]
    assert not any(argument.startswith("--model-config-name") for argument in cpu["args"])
    assert gpu["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in cpu["resources"]["limits"]
    assert pod["runtimeClassName"] == "nvidia"
    profile = (ROOT / "export/profiles/detect.gpu.pbtxt").read_text()
    cache = next(mount for mount in gpu["volumeMounts"] if mount["name"] == "engine-cache")
    assert f'"{cache["mountPath"]}"' in profile
    assert gpu["startupProbe"]["failureThreshold"] > cpu["startupProbe"]["failureThreshold"]


def test_versions_agree() -> None:
    metadata = charts.chart().metadata
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert metadata["appVersion"] == metadata["version"] == project["version"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]["image"]
    assert charts.chart().values["redis"]["image"] == f"docker.io/library/{compose}"


def test_a_package_carries_what_is_linked(tmp_path: Path) -> None:
    archive = charts.chart().save(tmp_path)
    with tarfile.open(archive) as packed:
        names = {Path(name).relative_to("triton-vision").as_posix() for name in packed.getnames()}
    for folder, files in (("rules", "deploy/prometheus/rules"), ("dashboards", "deploy/grafana/dashboards")):
        assert {f"files/{folder}/{path.name}" for path in (ROOT / files).iterdir()} <= names
    values = combination("everything")
    packed_chart = helm_python.Chart.load(archive)
    assert packed_chart.render(values, name="demo", namespace="vision") == charts.chart().render(
        values, name="demo", namespace="vision"
    )
