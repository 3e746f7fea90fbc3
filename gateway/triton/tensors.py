"""Requests and answers of the KServe v2 protocol, without NumPy: an upload is copied once, results are small."""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from tritonclient.grpc import service_pb2


class Tensor(NamedTuple):
    """A one-dimensional input in Triton's raw form: little-endian, BYTES elements prefixed with their length."""

    name: str
    datatype: str
    length: int
    raw: bytes


def fp32(name: str, *values: float) -> Tensor:
    return Tensor(name, "FP32", len(values), struct.pack(f"<{len(values)}f", *values))


def int32(name: str, *values: int) -> Tensor:
    return Tensor(name, "INT32", len(values), struct.pack(f"<{len(values)}i", *values))


def blob(name: str, value: bytes) -> Tensor:
    return Tensor(name, "BYTES", 1, len(value).to_bytes(4, "little") + value)


def infer_request(model: str, tensors: Iterable[Tensor], *, request_id: str, timeout_s: float) -> Any:
    """Build a `ModelInferRequest`; `timeout_s` bounds the time until the engine runs."""
    request = service_pb2.ModelInferRequest(model_name=model, id=request_id)
    request.parameters["timeout"].int64_param = int(timeout_s * 1e6)
    for tensor in tensors:
        request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=(tensor.length,))
        request.raw_input_contents.append(tensor.raw)
    return request


class Outputs:
    """The outputs of a `ModelInferResponse` by name, flattened; an unknown name is a `KeyError`."""

    def __init__(self, response: Any) -> None:
        raw = response.raw_output_contents
        self._raw: dict[str, bytes] = {output.name: raw[i] for i, output in enumerate(response.outputs)}

    def floats(self, name: str) -> list[float]:
        return list(struct.unpack(f"<{len(self._raw[name]) // 4}f", self._raw[name]))

    def ints(self, name: str) -> list[int]:
        return list(struct.unpack(f"<{len(self._raw[name]) // 4}i", self._raw[name]))

    def strings(self, name: str) -> list[str]:
        raw, at, values = self._raw[name], 0, []
        while at < len(raw):
            start = at + 4
            at = start + int.from_bytes(raw[at:start], "little")
            values.append(raw[start:at].decode("utf-8", "replace"))
        return values
