"""Failed calls to Triton, told apart.

Triton says UNAVAILABLE for a full queue, for a timeout in a queue and for being down, so its words are read. They are
read here and go no further: an answer never contains them.
"""

import grpc

from gateway.errors import (
    CorruptImage,
    DeadlineExceeded,
    GatewayError,
    InternalError,
    QueueFull,
    TooManyPixels,
    TritonUnavailable,
    UnknownModel,
)

# Pipelines mark what they refuse; an ensemble puts words of its own around it, under a code that varies.
MARKERS: dict[str, type[GatewayError]] = {
    "[corrupt-image]": CorruptImage,
    "[too-many-pixels]": TooManyPixels,
}
CODES: dict[grpc.StatusCode, type[GatewayError]] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.NOT_FOUND: UnknownModel,
    grpc.StatusCode.CANCELLED: TritonUnavailable,  # by Triton, while it shuts down
}


def fault(error: grpc.aio.AioRpcError) -> GatewayError:
    """Tell which problem a failed call is."""
    text = (error.details() or "").lower()
    for marker, problem in MARKERS.items():
        if marker in text:
            return problem()
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return _unavailable(text)
    return CODES.get(error.code(), InternalError)()


def _unavailable(text: str) -> GatewayError:
    if "maximum queue size" in text:
        return QueueFull()
    if "request timeout" in text or "timeout expired" in text:
        return DeadlineExceeded()
    return TritonUnavailable()
