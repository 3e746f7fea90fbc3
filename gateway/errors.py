"""Everything that can go wrong, as one tree.

    GatewayError
    ├── Refused                     the caller can mend it
    │   ├── MalformedRequest        400
    │   ├── Unauthenticated         401
    │   ├── MissingScope            403
    │   ├── ForeignOrigin           403
    │   ├── UnknownPath             404
    │   ├── UnknownModel            404
    │   ├── UnknownJob              404
    │   ├── MethodNotAllowed        405
    │   ├── NotAcceptable           406
    │   ├── BodyTimeout             408
    │   ├── HeaderTimeout           408
    │   ├── JobNotCompleted         409
    │   ├── BodyTooLarge            413
    │   ├── TooManyFiles            413
    │   ├── TooManyPixels           413
    │   ├── UnsupportedMediaType    415
    │   ├── NotAnImage              415
    │   ├── MissingFile             422
    │   ├── EmptyFile               422
    │   ├── CorruptImage            422
    │   ├── BadParameter            422
    │   ├── IdempotencyMismatch     422
    │   ├── HeadersTooLarge         431
    │   ├── UntrustedHost           421
    │   ├── QuotaExceeded           429, with Retry-After
    │   └── ClientGone              499 (nobody is left to read it; for the log)
    ├── TryAgain                    it passes: 503 with Retry-After
    │   ├── TritonUnavailable
    │   ├── NoPipeline
    │   ├── StoreFull
    │   ├── StoreUnavailable
    │   ├── SigningKeysUnavailable
    │   ├── QueueFull
    │   ├── Overloaded
    │   ├── TooManyConnections
    │   ├── ShuttingDown
    │   └── TooManyStreams
    ├── DeadlineExceeded            504
    └── InternalError               500

A class says what is true of every such error; `detail` says what is true of this one. All of it may be shown to the
caller: whatever else is known (Triton's words, a traceback) goes to the log by way of `__cause__`.
"""

from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    field: str
    message: str


class GatewayError(Exception):
    """An answer in the form of RFC 9457; `slug` ends its `type` (`/problems/<slug>`) and is never changed."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]
    hint: ClassVar[str]
    detail: str  # a class gives what its instances say unless told otherwise

    def __init__(
        self, detail: str | None = None, *, fields: tuple[FieldError, ...] = (), headers: dict[str, str] | None = None
    ) -> None:
        self.detail = detail or type(self).detail
        self.fields = fields
        self.headers = headers or {}
        super().__init__(self.detail)


class Refused(GatewayError):  # noqa: N818 - names say what happened
    """The request cannot be served as it is; sending it again changes nothing."""


class MalformedRequest(Refused):
    status = 400
    slug = "malformed-request"
    title = "Malformed request"
    detail = "The multipart body cannot be read."
    hint = "Let an HTTP library build the form, with parts named `file`: curl -F file=@picture.jpg"


class Unauthenticated(Refused):
    status = 401
    slug = "unauthenticated"
    title = "Not authenticated"
    detail = "The request carries neither an API key nor a token."
    hint = "Send `Authorization: Bearer` with an API key or a token, or `X-API-Key`. The operator gives out keys."

    def __init__(self, detail: str | None = None) -> None:
        # RFC 6750: a request that did not even try is told no error.
        challenge = 'Bearer realm="triton-vision"' + (', error="invalid_token"' if detail else "")
        super().__init__(detail, headers={"www-authenticate": challenge})


class MissingScope(Refused):
    status = 403
    slug = "missing-scope"
    title = "Not allowed"
    detail = "The key or token does not have the scope that this path needs."
    hint = "Ask the operator for a key or token with this scope."

    @classmethod
    def named(cls, scope: str) -> "MissingScope":
        challenge = f'Bearer realm="triton-vision", error="insufficient_scope", scope="{scope}"'
        return cls(f"This path needs the scope `{scope}`.", headers={"www-authenticate": challenge})


class ForeignOrigin(Refused):
    status = 403
    slug = "foreign-origin"
    title = "Foreign origin"
    detail = "A page of another site sent this request from a browser."
    hint = "The operator can allow the site with GATEWAY_CORS_ORIGINS."


class UnknownPath(Refused):
    status = 404
    slug = "unknown-path"
    title = "Unknown path"
    detail = "Nothing is served under this path."
    hint = "GET /docs shows every path."


class UnknownModel(Refused):
    status = 404
    slug = "unknown-model"
    title = "Unknown model"
    detail = "No model of this name is served for this task."
    hint = "GET /v1/models lists what can be asked for; leave `model` out to take the default."


class UnknownJob(Refused):
    status = 404
    slug = "unknown-job"
    title = "Unknown job"
    detail = "There is no job with this id, or not any more."
    hint = "Results are kept for a limited time, see `expires_at`; fetch them before, or send the pictures again."


class MethodNotAllowed(Refused):
    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"
    detail = "This path does not answer to this method."
    hint = "The Allow header lists the methods of this path."


class NotAcceptable(Refused):
    status = 406
    slug = "not-acceptable"
    title = "Not acceptable"
    detail = "None of the media types in the Accept header can be given."
    hint = "Ask for application/json or image/jpeg."


class BodyTimeout(Refused):
    status = 408
    slug = "body-timeout"
    title = "Body too slow"
    detail = "The request body did not arrive in time."
    hint = "Send the picture without pauses, or a smaller one over a slow connection."


class HeaderTimeout(Refused):
    status = 408
    slug = "header-timeout"
    title = "Headers too slow"
    detail = "The request's headers did not arrive in time."
    hint = "Let an HTTP library send the request in one go."


class JobNotCompleted(Refused):
    status = 409
    slug = "job-not-completed"
    title = "Job not completed"
    detail = "The job has no pictures to show: it is not finished, or it failed, or it was cancelled."
    hint = "GET the job and look at its `status`; wait until that is `completed`."


class BodyTooLarge(Refused):
    status = 413
    slug = "too-large"
    title = "Too many bytes"
    detail = "The request body is larger than this server accepts."
    hint = "Send a smaller or more strongly compressed picture."


class TooManyFiles(Refused):
    status = 413
    slug = "too-many-files"
    title = "Too many files"
    detail = "The form holds more files than this server accepts in one request."
    hint = "Send the pictures in several requests."


class TooManyPixels(Refused):
    status = 413
    slug = "too-many-pixels"
    title = "Too many pixels"
    detail = "The picture has more pixels than this server accepts."
    hint = "Scale the picture down before sending it; models look at far fewer pixels anyway."


class UnsupportedMediaType(Refused):
    status = 415
    slug = "unsupported-media-type"
    title = "Unsupported media type"
    detail = "The declared Content-Type is not served."
    hint = "Send multipart/form-data with a part `file`, or a raw body as image/jpeg, image/png or image/webp."


class NotAnImage(Refused):
    status = 415
    slug = "not-an-image"
    title = "Not an image"
    detail = "The content is not a JPEG, PNG or WebP file."
    hint = "Send the file itself, not a path, an address or base64; convert other formats first."


class MissingFile(Refused):
    status = 422
    slug = "missing-file"
    title = "Missing file"
    detail = "The request carries no file."
    hint = "Add a file part named `file` (curl -F file=@picture.jpg) or send the file as the body."


class EmptyFile(Refused):
    status = 422
    slug = "empty-file"
    title = "Empty file"
    detail = "The file has no content."
    hint = "Check that the picture was written completely before it was sent."


class CorruptImage(Refused):
    status = 422
    slug = "corrupt-image"
    title = "Corrupt image"
    detail = "The picture cannot be decoded."
    hint = "Open the file in an image viewer; if it is damaged there too, save or transfer it again."


class BadParameter(Refused):
    status = 422
    slug = "bad-parameter"
    title = "Bad parameter"
    detail = "A parameter is unknown, malformed or out of range."
    hint = "`errors` names each parameter and what it must be; GET /docs describes them."


class HeadersTooLarge(Refused):
    status = 431
    slug = "headers-too-large"
    title = "Headers too large"
    detail = "The request's address and headers are larger than this server accepts."
    hint = "Send fewer or shorter headers; pictures belong into the body."


class UntrustedHost(Refused):
    status = 421
    slug = "untrusted-host"
    title = "Untrusted host"
    detail = "This server does not answer under the name in the Host header."
    hint = "Use the address under which it was published; the operator can add names with GATEWAY_TRUSTED_HOSTS."


class QuotaExceeded(Refused):
    status = 429
    slug = "quota-exceeded"
    title = "Quota exceeded"
    detail = "This client has used up its requests for this minute."
    hint = "Go on after the time in Retry-After; the RateLimit header of every answer says how many are left."

    @classmethod
    def until(cls, limit: int, seconds: int) -> "QuotaExceeded":
        return cls(f"{limit} requests a minute are allowed.", headers={"retry-after": str(seconds)})


class IdempotencyMismatch(Refused):
    status = 422
    slug = "idempotency-mismatch"
    title = "Idempotency key used for something else"
    detail = "A job with this Idempotency-Key exists, and it was ordered with other files or parameters."
    hint = "Make a new key for every new job; send the old one only to repeat exactly the same request."


class ClientGone(Refused):
    status = 499
    slug = "client-gone"
    title = "Client gone"
    detail = "The client closed the connection before the answer; the work was cancelled."
    hint = "Wait longer on the client's side."


class TryAgain(GatewayError):  # noqa: N818
    """The same request can succeed later; `retry_after` is in whole seconds."""

    status = 503
    retry_after: ClassVar[int] = 1

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(detail, headers={"retry-after": str(retry_after or self.retry_after)})


class TritonUnavailable(TryAgain):
    slug = "triton-unavailable"
    title = "Inference server unavailable"
    detail = "The inference server does not answer."
    hint = "It may be starting: try again after the time in Retry-After."
    retry_after = 2


class NoPipeline(TryAgain):
    slug = "no-pipeline"
    title = "No pipeline is ready"
    detail = "The inference server runs, but no pipeline on it is ready."
    hint = "Models may be loading: try again after the time in Retry-After. Operators find the reason in its log."
    retry_after = 2


class SigningKeysUnavailable(TryAgain):
    slug = "signing-keys-unavailable"
    title = "Signing keys unavailable"
    detail = "The keys that tokens are checked with cannot be read at the moment."
    hint = "Try again after the time in Retry-After; API keys are not concerned. Operators find the reason in the log."
    retry_after = 10


class QueueFull(TryAgain):
    slug = "queue-full"
    title = "Queue full"
    detail = "More requests are waiting than the server accepts."
    hint = "Try again after the time in Retry-After, with fewer requests at a time."


class Overloaded(TryAgain):
    slug = "overloaded"
    title = "Overloaded"
    detail = "So many requests are waiting that this one would not be answered in time."
    hint = "Try again after the time in Retry-After, which says when there should be room; or allow a longer deadline."


class TooManyConnections(TryAgain):
    slug = "too-many-connections"
    title = "Too many connections"
    detail = "More connections are open than the server accepts."
    hint = "Try again after the time in Retry-After; keep connections open and use them again."


class ShuttingDown(TryAgain):
    slug = "shutting-down"
    title = "Shutting down"
    detail = "This server is about to stop: what it has accepted is finished, nothing new should be sent."
    hint = "Send requests to another server, or wait until it was started again."


class TooManyStreams(TryAgain):
    slug = "too-many-streams"
    title = "Too many streams"
    detail = "As many streams are open as the server accepts."
    hint = "Try again after the time in Retry-After, or POST single pictures."
    retry_after = 5


class StoreFull(TryAgain):
    slug = "store-full"
    title = "Too many jobs"
    detail = "No more jobs can be kept at the moment; this one was not accepted."
    hint = "Try again after the time in Retry-After. Jobs that are finished can be deleted to make room."
    retry_after = 5


class StoreUnavailable(TryAgain):
    slug = "store-unavailable"
    title = "Job store unavailable"
    detail = "The store of jobs does not answer."
    hint = "Try again after the time in Retry-After. With an Idempotency-Key that cannot make a second job."
    retry_after = 2


class DeadlineExceeded(GatewayError):  # noqa: N818
    status = 504
    slug = "deadline-exceeded"
    title = "Deadline exceeded"
    detail = "There was no answer within the time a request may take."
    hint = "Try again when the server is less busy."


class InternalError(GatewayError):
    status = 500
    slug = "internal-error"
    title = "Internal error"
    detail = "Something unexpected went wrong on the server."
    hint = "Tell the operator the request id: it is in the log next to the reason."
