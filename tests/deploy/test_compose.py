"""docker-compose.yml: valid, complete in every profile, and as closed as it claims."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from gateway.settings import Settings
from tests.conftest import free_ports
from tests.deploy.dockerfiles import Image
from tests.deploy.rendering import COMPOSE_FILE, SECRETS, example, given, render, rendered
from tests.repositories import ROOT
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ALWAYS = {"redis", "gateway", "ui"}
ALL = "cpu,gpu,tensorrt,observability,loadtest"
ONE_SHOT = {"export", "plan", "loadtest"}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    services: dict[str, Any] = rendered(tmp_path_factory.mktemp("all"), ALL)["services"]
    return services


def test_the_file_keeps_to_the_compose_specification() -> None:
    program = Path(sys.prefix) / "bin/check-jsonschema"
    command = [str(program), "--builtin-schema=vendor.compose-spec", str(COMPOSE_FILE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("profiles", "further"),
    [
        ("", set()),
        ("cpu", {"export", "triton"}),
        ("gpu", {"export", "triton-gpu"}),
        ("gpu,tensorrt", {"export", "plan", "triton-gpu"}),
        ("cpu,observability", {"export", "triton", "prometheus", "grafana", "otel-collector"}),
        ("gpu,loadtest", {"export", "triton-gpu", "loadtest"}),
    ],
)
def test_a_profile_has_what_it_says(profiles: str, further: set[str], tmp_path: Path) -> None:
    assert set(rendered(tmp_path, profiles)["services"]) == ALWAYS | further


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_starts_without_a_secret(secret: str, tmp_path: Path) -> None:
    result = render(tmp_path, {**given(), **SECRETS, secret: ""})
    assert result.returncode != 0
    assert f"{secret} is missing" in result.stderr


def test_the_example_holds_no_secret_and_every_variable() -> None:
    assert all(given()[name] == "" for name in SECRETS)
    text = COMPOSE_FILE.read_text()
    used = {part.split(":")[0].split("}")[0] for part in text.split("${")[1:]}
    assert used | {"COMPOSE_PROFILES"} == set(example())


def test_every_service_is_closed(everything: dict[str, Any]) -> None:
    for name, service in everything.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["user"].split(":")[0]) > 0, name
        assert "privileged" not in service, name


def test_every_service_is_bounded(everything: dict[str, Any]) -> None:
    for name, service in everything.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"memory", "pids"} <= set(limits), name
        assert service["logging"]["options"]["max-size"], name


def test_every_lasting_service_restarts_and_is_watched(everything: dict[str, Any]) -> None:
    for name in set(everything) - ONE_SHOT:
        service = everything[name]
        assert service["restart"] == "unless-stopped", name
        check = service["healthcheck"]
        assert name == "otel-collector" or {"test", "interval", "timeout", "start_period"} <= set(check), name


def test_dependencies_are_waited_for(everything: dict[str, Any]) -> None:
    conditions = {n: s["depends_on"] for n, s in everything.items() if "depends_on" in s}
    assert conditions["triton"]["export"]["condition"] == "service_completed_successfully"
    assert conditions["triton-gpu"]["export"]["condition"] == "service_completed_successfully"
    for name in ("triton", "triton-gpu", "redis"):
        assert conditions["gateway"][name]["condition"] == "service_healthy"
    assert conditions["ui"]["gateway"]["condition"] == "service_healthy"


def test_plans_are_built_between_the_export_and_triton(everything: dict[str, Any], tmp_path: Path) -> None:
    completed = "service_completed_successfully"
    assert everything["plan"]["depends_on"] == {"export": {"condition": completed}}
    assert everything["triton-gpu"]["depends_on"]["plan"] == {"condition": completed, "required": False}
    # Who does not want plans waits for none; the CPU's Triton never does.
    assert "plan" not in everything["triton"]["depends_on"]
    assert "plan" not in rendered(tmp_path, "gpu")["services"]


@pytest.mark.parametrize("profiles", ["", "cpu", "gpu", "gpu,tensorrt"])
def test_one_shot_services_are_waited_for(profiles: str, tmp_path: Path) -> None:
    """`up --wait` takes a service that has ended for one that failed, unless another one waits for its end."""
    services = rendered(tmp_path, profiles)["services"]
    awaited = {
        name
        for service in services.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert services.keys() & ONE_SHOT <= awaited


def test_plans_are_built_where_they_are_served(everything: dict[str, Any]) -> None:
    plan, triton = everything["plan"], everything["triton-gpu"]
    assert plan["deploy"]["resources"]["reservations"] == triton["deploy"]["resources"]["reservations"]
    assert plan["build"]["dockerfile"] == triton["build"]["dockerfile"]
    assert "models:/models" in plan["volumes"]


def owners(build: dict[str, Any]) -> dict[str, str]:
    """Return user and group of each folder that an image has made for a volume."""
    image = Image.read(Path(build["dockerfile"]).parent.name, build.get("target"))
    made: dict[str, str] = {}
    for keyword, rest in (*image.inherited, *image.instructions):
        for *owner, folders in re.findall(r"install --directory --owner (\d+) --group (\d+)((?: /\S+)+)", rest):
            assert keyword == "RUN"
            made |= dict.fromkeys(folders.split(), ":".join(owner))
    return made


def test_volumes_belong_to_who_writes_into_them(everything: dict[str, Any]) -> None:
    """Docker gives an empty volume to the owner of its folder in whichever image a container is created from last.

    Compose creates all containers before it starts the first one, and one that only reads counts as well.
    """
    for volume in ("models", "weights", "tensorrt"):
        writers, folders = set(), set()
        for service in everything.values():
            for source, target, *mode in (use.split(":") for use in service.get("volumes", [])):
                if source == volume:
                    folders.add(owners(service["build"]).get(target))
                    writers |= set() if "ro" in mode else {service["user"]}
        assert len(writers) == 1
        assert folders == writers, volume


def test_only_loopback_is_published_and_never_triton(everything: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in everything.items() if service.get("ports")}
    assert set(published) == {"gateway", "ui", "prometheus", "grafana"}
    for ports in published.values():
        assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_networks_keep_apart_who_has_nothing_to_say_to_one_another(everything: dict[str, Any], tmp_path: Path) -> None:
    def networks(name: str) -> set[str]:
        return set(everything[name]["networks"])

    for one, other in [("gateway", "triton"), ("gateway", "redis"), ("gateway", "ui"), ("prometheus", "triton")]:
        assert networks(one) & networks(other), f"{one} cannot reach {other}"
    for one, other in [("ui", "triton"), ("ui", "redis"), ("triton", "redis"), ("export", "gateway")]:
        assert not networks(one) & networks(other), f"{one} reaches {other}"
    declared = rendered(tmp_path, ALL)["networks"]
    internal = {name for name, options in declared.items() if options.get("internal")}
    assert networks("triton") | networks("redis") == internal


def test_the_gpu_profile_reserves_a_gpu_and_takes_its_configs(everything: dict[str, Any]) -> None:
    service = everything["triton-gpu"]
    assert service["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]
    assert "--model-config-name=gpu" in service["command"]
    cache = ROOT / "export/profiles/detect.gpu.pbtxt"
    assert "/var/cache/triton/tensorrt" in cache.read_text()
    assert "tensorrt:/var/cache/triton/tensorrt" in service["volumes"]


def test_what_is_mounted_from_the_checkout_is_there() -> None:
    mounts = [v for s in yaml.safe_load(COMPOSE_FILE.read_text())["services"].values() for v in s.get("volumes", [])]
    paths = [ROOT / mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert paths
    assert [path for path in paths if not path.exists()] == []


def test_what_is_built_has_a_dockerfile_that_knows_the_target(everything: dict[str, Any]) -> None:
    builds = [service["build"] for service in everything.values() if "build" in service]
    assert len(builds) == 7
    for build in builds:
        text = (ROOT / build["dockerfile"]).read_text()
        assert "target" not in build or f" AS {build['target']}\n" in text


def test_the_gateway_accepts_its_variables(
    everything: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Image.read("gateway").environment | everything["gateway"]["environment"]
    named = {name.removeprefix("GATEWAY_").lower() for name in environment if name.startswith("GATEWAY_")}
    assert named <= set(Settings.model_fields)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("GATEWAY_API_KEYS_FILE", str(tmp_path / "keys.toml"))
    settings = Settings()
    assert settings.triton_url == "triton:8001"
    assert settings.redis_url == "redis://:0123456789abcdef@redis:6379/0"


@pytest.fixture
def redis_port(everything: dict[str, Any], tmp_path: Path) -> Iterator[int]:
    """Run the service's own command with the Redis of this machine, on another port."""
    port = free_ports(1)[0]
    service = everything["redis"]
    shell, option, script = service["command"]
    script = script.replace("$$", "$").replace(
        "redis-server -", f"redis-server - --port {port} --bind 127.0.0.1 --dir {tmp_path}"
    )
    environment = {"PATH": os.environ["PATH"], **service["environment"]}
    process = subprocess.Popen([shell, option, script], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        # A shell in between would not hand the signal on, and what was written last would be lost.
        assert process.wait(PATIENCE) == 0


def test_redis_keeps_jobs_on_disk_and_asks_for_its_password(redis_port: int) -> None:
    with Redis(port=redis_port, password=SECRETS["REDIS_PASSWORD"]) as redis:
        wait_until(lambda: answers(redis))
        assert redis.config_get("appendonly")["appendonly"] == "yes"
        assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    with Redis(port=redis_port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


def answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False
