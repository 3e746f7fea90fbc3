"""A Triton that fails on demand. It speaks the real protocol in this process and knows nothing of models."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc

from gateway.triton.tensors import Tensor, blob, fp32, int32

Infer = Callable[[Any, Any], Awaitable[Any]]


def config(name: str, parameters: dict[str, str], *, steps: tuple[str, ...] = (), inputs: tuple[str, ...] = ()) -> Any:
    made = model_config_pb2.ModelConfig(name=name)
    for key, value in parameters.items():
        made.parameters[key].string_value = value
    for step in steps:
        made.ensemble_scheduling.step.add(model_name=step)
    for tensor in inputs:
        made.input.add(name=tensor)
    return made


ENGINE = {
    "weights": "official",
    "weights_file": "yolov8n.pt",
    "weights_sha256": "ab" * 32,
    "weights_license": "AGPL-3.0",
    "default.max_detections": "300",
}
DETECT = {"task": "detect", "engine": "yolov8n", "default.confidence": "0.25", "default.iou": "0.7"}
DETECT_INPUTS = ("image", "confidence", "iou", "max_detections", "classes")
MODELS = (
    config("yolov8n", ENGINE),
    config("resnet50", {"task": "classify", "weights": "untrained", "default.top_k": "5"}),
    config("detect", DETECT, inputs=DETECT_INPUTS),
    config("classify", {"task": "classify", "engine": "resnet50"}, inputs=("image", "top_k")),
)


class FakeTriton(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # generated, without types
    """Set `infer` to what a request should meet; `requests` are those that `arrived`; a cancel sets `cancelled`."""

    def __init__(self) -> None:
        self.configs = {made.name: made for made in MODELS}
        self.loading: set[str] = set()
        self.ready = True
        self.infer: Infer = answering
        self.requests: list[Any] = []
        self.metadata: dict[str, str] = {}
        self.index_calls = 0
        self.arrived = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def ServerReady(self, *_: Any) -> Any:  # noqa: N802 - the protocol's names
        return service_pb2.ServerReadyResponse(ready=self.ready)

    async def ServerMetadata(self, *_: Any) -> Any:  # noqa: N802
        return service_pb2.ServerMetadataResponse(name="triton", version="2.51.0")

    async def RepositoryIndex(self, *_: Any) -> Any:  # noqa: N802
        self.index_calls += 1
        response = service_pb2.RepositoryIndexResponse()
        for name in self.configs:
            response.models.add(name=name, version="1", state="UNAVAILABLE" if name in self.loading else "READY")
        return response

    async def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.name not in self.configs or request.name in self.loading:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{request.name}' is not found")
        return service_pb2.ModelConfigResponse(config=self.configs[request.name])

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.requests.append(request)
        self.metadata = dict(context.invocation_metadata())
        self.arrived.set()
        try:
            return await self.infer(request, context)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def answering(request: Any, _: Any) -> Any:
    return response(*(DETECTIONS if request.model_name == "detect" else CLASSES))


def failing(code: grpc.StatusCode, text: str) -> Infer:
    async def fail(_: Any, context: Any) -> None:
        await context.abort(code, text)

    return fail


async def never(_: Any, __: Any) -> None:
    await asyncio.sleep(60)


def response(*tensors: Tensor) -> Any:
    made = service_pb2.ModelInferResponse()
    for tensor in tensors:
        made.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=(tensor.length,))
        made.raw_output_contents.append(tensor.raw)
    return made


def labels(*texts: str) -> Tensor:
    return Tensor("labels", "BYTES", len(texts), b"".join(blob("labels", text.encode()).raw for text in texts))


SIZE = int32("image_size", 64, 48)
DETECTIONS = (
    fp32("boxes", 1, 2, 30, 40, 5.5, 6.25, 20, 21),
    fp32("scores", 0.9, 0.5),
    int32("class_ids", 0, 16),
    labels("person", "dog"),
    SIZE,
)
NOTHING = (fp32("boxes"), fp32("scores"), int32("class_ids"), labels(), SIZE)
CLASSES = (int32("class_ids", 3, 1), fp32("scores", 0.75, 0.125), labels("bus", "tram"), SIZE)


@asynccontextmanager
async def listening(fake: FakeTriton, address: str = "127.0.0.1:0") -> AsyncIterator[str]:
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])  # as Triton
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(fake, server)
    port = server.add_insecure_port(address)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(grace=None)
