import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from gateway import errors
from gateway.errors import GatewayError
from gateway.triton.faults import fault

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (UNAVAILABLE, "Exceeds maximum queue size", errors.QueueFull),
        (UNAVAILABLE, "[request id: x] Exceeds maximum queue size", errors.QueueFull),
        (UNAVAILABLE, "Request timeout expired", errors.DeadlineExceeded),
        (UNAVAILABLE, "failed to connect to all addresses; last error: timeout", errors.TritonUnavailable),
        (UNAVAILABLE, "Socket closed", errors.TritonUnavailable),
        (UNAVAILABLE, None, errors.TritonUnavailable),
        (grpc.StatusCode.CANCELLED, "", errors.TritonUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", errors.DeadlineExceeded),
        (grpc.StatusCode.NOT_FOUND, "unknown model", errors.UnknownModel),
        (grpc.StatusCode.INVALID_ARGUMENT, "in ensemble: [corrupt-image] cannot decode", errors.CorruptImage),
        (grpc.StatusCode.INTERNAL, "in ensemble: [corrupt-image] cannot decode", errors.CorruptImage),
        (grpc.StatusCode.INTERNAL, "[too-many-pixels]", errors.TooManyPixels),
        (grpc.StatusCode.INTERNAL, "bad", errors.InternalError),
        (grpc.StatusCode.INVALID_ARGUMENT, "unexpected shape", errors.InternalError),
    ],
)
def test_fault(code: grpc.StatusCode, text: str | None, kind: type[GatewayError]) -> None:
    problem = fault(AioRpcError(code, Metadata(), Metadata(), details=text))
    assert type(problem) is kind
    assert problem.detail == kind.detail
