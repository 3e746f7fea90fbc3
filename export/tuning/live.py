"""A live Triton whose engine can be served in another way without writing a file."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tritonclient.grpc as triton
from google.protobuf import json_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from embedded.processes import die_with_parent
from export.errors import TuningError

SERVER_PYTHON = Path(".venv/triton/bin/python")
REQUEST_SECONDS = 60.0
START_SECONDS = 180.0


class LiveTriton:
    """Triton's model control and one of its pipelines."""

    def __init__(self, address: str, pipeline: str) -> None:
        self._client: Any = triton.InferenceServerClient(address)
        self._pipeline = pipeline

    def serve(self, config: ModelConfig, files: Mapping[str, bytes] | None = None) -> None:
        """Load a model with this config instead of the one in its folder; `TuningError` when that fails.

        With `files`, by their paths in the folder, these are all that Triton sees of it.
        """
        text = json_format.MessageToJson(config, preserving_proto_field_name=True)
        overriding = {f"file:{path}": content for path, content in (files or {}).items()}
        try:
            self._client.load_model(config.name, config=text, files=overriding or None)
        except triton.InferenceServerException as error:
            raise TuningError(f"Triton does not load {config.name} this way: {error.message()}") from error

    def answer(self, picture: bytes, **options: float) -> Any:
        """Ask the pipeline; options are FP32, or INT32 for those that are whole numbers."""
        inputs = [_tensor("image", "BYTES", np.array([picture], dtype=object))]
        for name, value in options.items():
            kind, dtype = ("INT32", np.int32) if isinstance(value, int) else ("FP32", np.float32)
            inputs.append(_tensor(name, kind, np.array([value], dtype)))
        return self._client.infer(self._pipeline, inputs, client_timeout=REQUEST_SECONDS)

    def ask(self, picture: bytes) -> object:
        return self.answer(picture)

    def ready(self) -> bool:
        try:
            return bool(self._client.is_server_ready())
        except triton.InferenceServerException:
            return False


@contextmanager
def embedded_triton(repository: Path, pipeline: str, engine: str) -> Iterator[LiveTriton]:
    """Run an embedded Triton on free ports, with only this pipeline and its engine loaded, while the block runs."""
    http, grpc, metrics = _free_ports(3)
    command = [
        str(SERVER_PYTHON), "-m", "embedded", f"--repository={repository}", f"--load={pipeline}", f"--load={engine}",
        f"--http-port={http}", f"--grpc-port={grpc}", f"--metrics-port={metrics}",
        f"--cache=.cache/embedded-{http}", f"--log-file=.cache/logs/tuning-{http}.log",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent(os.getpid()))  # noqa: PLW1509 - no threads yet
    # After the process: gRPC's threads do not survive a fork in good order.
    live = LiveTriton(f"127.0.0.1:{grpc}", pipeline)
    try:
        _wait_until_ready(live, process)
        yield live
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(live: LiveTriton, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not live.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TuningError("the embedded Triton did not start; what it said stands above")
        time.sleep(0.1)


def _tensor(name: str, kind: str, value: Any) -> Any:
    tensor = triton.InferInput(name, list(value.shape), kind)
    tensor.set_data_from_numpy(value)
    return tensor


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
