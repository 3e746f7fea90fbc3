"""Everything that can go wrong, as one tree.

    GatewayError
    ├── Refused                     the caller can mend it
    │   ├── MalformedRequest        400
    │   ├── UnknownPath             404
    │   ├── UnknownModel            404
    │   ├── MethodNotAllowed        405
    │   ├── NotAcceptable           406
    │   ├── BodyTooLarge            413
    │   ├── TooManyPixels           413
    │   ├── UnsupportedMediaType    415
    │   ├── NotAnImage              415
    │   ├── MissingFile             422
    │   ├── EmptyFile               422
    │   ├── CorruptImage            422
    │   ├── BadParameter            422
    │   └── ClientGone              499 (nobody is left to read it; for the log)
    ├── TryAgain                    it passes: 503 with Retry-After
    │   ├── TritonUnavailable
    │   ├── NoPipeline
    │   └── QueueFull
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
    detail = "The multipart body cannot be read, or it holds more than one file."
    hint = "Let an HTTP library build the form, with one part named `file`: curl -F file=@picture.jpg"


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


class BodyTooLarge(Refused):
    status = 413
    slug = "too-large"
    title = "Too many bytes"
    detail = "The request body is larger than this server accepts."
    hint = "Send a smaller or more strongly compressed picture."


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

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"retry-after": str(self.retry_after)})


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


class QueueFull(TryAgain):
    slug = "queue-full"
    title = "Queue full"
    detail = "More requests are waiting than the server accepts."
    hint = "Try again after the time in Retry-After, with fewer requests at a time."


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
