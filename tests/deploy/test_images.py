"""Dockerfiles: linted, unprivileged, pinned by the requirements; and what they copy is enough to run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.conftest import free_ports
from tests.deploy.dockerfiles import DOCKERFILES, Image, stages, targets
from tests.deploy.single import get
from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fill = Callable[[Path], str]

HEALTHCHECK = ROOT / "deploy/images/healthcheck"
BY_NAME = pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)


@BY_NAME
def test_hadolint_has_nothing_to_say(file: Path) -> None:
    hadolint = Path(sys.prefix) / "bin/hadolint"
    result = subprocess.run([hadolint, "--no-color", file], capture_output=True, text=True, check=False, timeout=60)
    assert result.stdout == ""
    assert result.returncode == 0


@BY_NAME
def test_no_image_runs_as_root(file: Path) -> None:
    users = [rest for keyword, rest in stages(file.read_text())[-1] if keyword == "USER"]
    assert users[-1].split(":")[0].isdigit()
    assert int(users[-1].split(":")[0]) > 0


@BY_NAME
def test_every_image_says_how_its_health_is_seen(file: Path) -> None:
    assert re.search(r"^HEALTHCHECK ", file.read_text(), re.MULTILINE)


@BY_NAME
def test_python_packages_are_the_pinned_ones(file: Path) -> None:
    text = file.read_text().replace("\\\n", " ")
    installs = re.findall(r"pip\S*(?: --python \S+)? install [^&|;]*", text)
    assert installs or "loadtest" in text
    for line in installs:
        assert "--no-deps" in line
        assert re.search(
            r"-r \S*/(?:requirements|export|bindings|\$\{part\})\.txt|--constraint \S+/constraints\.txt", line
        )
    for name in re.findall(r"requirements/([\w-]+\.txt)", text):
        assert (ROOT / "requirements" / name).exists()


def test_nothing_that_serves_holds_torch_or_a_gui() -> None:
    exporting = set()
    for file in DOCKERFILES:
        for number, stage in enumerate(stages(file.read_text())):
            copied = " ".join(rest for keyword, rest in stage if keyword == "COPY")
            for name in re.findall(r"requirements/([\w-]+)\.txt", copied):
                pinned = (ROOT / f"requirements/{name}.txt").read_text()
                assert not re.search(r"^opencv-(contrib-)?python==(?!.*never)", pinned, re.MULTILINE), name
                if re.search(r"^(torch|ultralytics)==", pinned, re.MULTILINE):
                    exporting.add((file.parent.name, number))
    plan = [part[0][1].endswith(" AS plan") for part in stages((ROOT / "deploy/images/triton/Dockerfile").read_text())]
    assert exporting == {("export", 0), ("triton", plan.index(True))}


def test_the_builder_gets_what_the_images_copy() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignore if line.startswith("!")]
    for file in DOCKERFILES:
        for source in re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", file.read_text(), re.MULTILINE):
            for path in source.split():
                parts = [part for part in allowed if Path(path).is_relative_to(part) or Path(part).is_relative_to(path)]
                assert parts or path.startswith("requirements/"), f"{file}: {path}"


@pytest.mark.parametrize(("name", "port"), [("gateway", "GATEWAY_PORT"), ("ui", "UI_PORT")])
def test_a_service_runs_on_what_its_image_copies(name: str, port: str, tmp_path: Path) -> None:
    image = Image.read(name)
    image.copy_to(tmp_path)
    number = str(free_ports(1)[0])
    host = port.replace("PORT", "HOST")
    environment = {**os.environ, **image.environment, port: number, host: "127.0.0.1", "HOME": str(tmp_path)}
    module = [word for word in image.command if word != "python"]
    process = subprocess.Popen([ROOT / f".venv/{name}/bin/python", *module], cwd=tmp_path, env=environment)
    try:
        url = f"http://127.0.0.1:{number}/healthz"
        until = time.monotonic() + 60
        while subprocess.run([HEALTHCHECK, url], capture_output=True, check=False).returncode:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.2)
        assert get(url).status_code == 200
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("name", "arguments"), [("loadtest", ["run", "--help"]), ("export", ["--help"])])
def test_a_command_runs_on_what_its_image_copies(name: str, arguments: list[str], tmp_path: Path) -> None:
    Image.read(name).copy_to(tmp_path)
    command = [f"{ROOT}/.venv/{name}/bin/python", "-m", name, *arguments]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert "--output" in result.stdout or "--allow-untrained" in result.stdout


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Run the export image's entry point on what the image copies."""
    Image.read("export").copy_to(tmp_path)
    # A stand-in for the export that says how it was called: exporting has tests of its own.
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "python").chmod(0o755)

    def run(models: Path) -> str:
        variables = {"MODEL_REPOSITORY": str(models), "EXPORT_OPTIONS": "-a -b", "TMPDIR": str(tmp_path)}
        return subprocess.run(
            [ROOT / "deploy/images/export/entrypoint", "--missing"],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run


def test_the_export_image_fills_a_volume_with_complete_pipelines(fill: Fill, tmp_path: Path) -> None:
    models = tmp_path / "volume/repository"  # the volume is there, a folder within it need not be
    assert fill(models) == f"-m export --repository={models} -a -b --missing\n"
    assert (models / "detect/1/engine_call.py").is_file()
    assert not [path for path in models.rglob("*") if path.is_symlink()]
    assert not list(tmp_path.glob("tmp.*")), "it leaves nothing behind"


def test_what_was_tuned_in_a_volume_stays_and_what_was_tuned_elsewhere_does_not_come(
    fill: Fill, tmp_path: Path
) -> None:
    for name in ("detect", "classify"):
        shipped = tmp_path / "model_repository" / name
        shutil.copy(shipped / "config.pbtxt", shipped / "configs/untuned.pbtxt")
        (shipped / "config.pbtxt").write_text("tuned elsewhere")
    original = (ROOT / "model_repository/detect/config.pbtxt").read_text()
    models = tmp_path / "volume"
    (models / "detect/configs").mkdir(parents=True)
    (models / "detect/configs/untuned.pbtxt").write_text("of an older image")
    (models / "detect/config.pbtxt").write_text("tuned here")
    for _ in range(2):
        fill(models)
        assert (models / "detect/config.pbtxt").read_text() == "tuned here"
        assert (models / "detect/configs/untuned.pbtxt").read_text() == original
        assert "elsewhere" not in (models / "classify/config.pbtxt").read_text()
        assert not (models / "classify/configs/untuned.pbtxt").exists()


def test_plans_are_built_with_the_same_options_as_models_are_exported(tmp_path: Path) -> None:
    entry = Image.read("triton", "plan").command[1:]
    assert entry == ["plan", "--missing"]
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "python").chmod(0o755)
    result = subprocess.run(
        [ROOT / "deploy/images/triton" / entry[0], *entry[1:]],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "MODEL_REPOSITORY": "/models", "EXPORT_OPTIONS": "-a -b"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "-m export --repository=/models --format=tensorrt -a -b --missing\n"


def test_plans_are_built_by_the_tensorrt_that_loads_them() -> None:
    """The same image but for an environment beside it, into which no other TensorRT comes."""
    parts = targets(stages((ROOT / "deploy/images/triton/Dockerfile").read_text()))
    assert parts["plan"][0] == ("FROM", "gpu AS plan")
    text = " ".join(rest for _, rest in parts["plan"])
    assert "-r /opt/triton-vision/bindings.txt" in text
    assert not re.search(r"tensorrt\S*[-_]libs|apt-get|ldconfig|LD_LIBRARY_PATH", text)


def bindings(folder: Path, package: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask in an image with these variables, whose package libnvinfer has this version; empty: it has none."""
    # What dpkg-query says of packages: one that is known but not installed has an empty line.
    said = f"printf '\\n%s\\n' '{package}'" if package else "exit 1"
    (folder / "dpkg-query").write_text(f"#!/bin/sh\n{said}\n")
    (folder / "dpkg-query").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **variables}
    command = [ROOT / "deploy/images/triton/bindings"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("package", "variables", "cuda", "patch"),
    [
        ("", {"TRT_VERSION": "11.2.1.2+cuda13.3", "CUDA_VERSION": "13.3.1.008"}, 13, "11.2.1"),
        ("", {"TRT_VERSION": "11.1.0.106", "CUDA_VERSION": "13.3.1.008"}, 13, "11.1.0"),
        ("10.14.1.48-1+cuda12.9", {}, 12, "10.14.1"),
        ("9.9.9.9-1+cuda11.0", {"TRT_VERSION": "11.4.0.106", "CUDA_VERSION": "13.4.3.001"}, 13, "11.4.0"),
    ],
)
def test_bindings_are_those_of_the_tensorrt_in_the_image(
    package: str, variables: dict[str, str], cuda: int, patch: str, tmp_path: Path
) -> None:
    result = bindings(tmp_path, package, **variables)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [f"tensorrt-cu{cuda}=={patch}.*", f"tensorrt-cu{cuda}-bindings=={patch}.*"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CUDA_VERSION": "13.3.1.008"}, "which TensorRT"),
        ({"TRT_VERSION": "unknown", "CUDA_VERSION": "13.3"}, "which TensorRT"),
        ({"TRT_VERSION": "11.4.0.106"}, "which CUDA"),
    ],
)
def test_an_image_that_does_not_say_its_tensorrt_is_not_built(
    variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    result = bindings(tmp_path, "", **variables)
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stdout == ""


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (401, 0), (421, 0), (500, 1), (503, 1)])
def test_the_health_check_tells_the_living_from_the_rest(server: str, status: int, code: int) -> None:
    assert subprocess.run([HEALTHCHECK, f"{server}/{status}"], check=False).returncode == code


def test_the_health_check_fails_where_nobody_listens() -> None:
    address = f"http://127.0.0.1:{free_ports(1)[0]}/"
    result = subprocess.run([HEALTHCHECK, address], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "refused" in result.stderr
