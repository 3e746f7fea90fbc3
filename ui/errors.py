"""Everything that can go wrong, as one tree. Each message is a sentence that helps whoever reads the page.

UiError
├── BadPicture          the file is not a picture that can be sent
├── GatewayAway         the gateway cannot be reached, or is starting: worth another try
├── GatewaySlow         no answer in time
├── InvalidAnswer       the answer is not what the gateway promises
└── Refused             the gateway says no, with a problem (RFC 9457)
    ├── TooLarge        413
    ├── NotAPicture     415
    ├── BadRequest      400, 404, 422
    ├── NotAllowed      401, 403
    ├── TooMany         429
    └── Busy            503, 504
"""

from __future__ import annotations


class UiError(Exception):
    """`str()` is for the page; `retry_after` says after how many seconds another try makes sense, if one does."""

    message = "Something unexpected went wrong. Please try again."
    retry_after: float | None = None

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message or self.message)
        if retry_after is not None:
            self.retry_after = retry_after


class BadPicture(UiError):  # noqa: N818 - names say what happened
    message = "This file is not a JPEG, PNG or WebP picture. Please choose another one."


class GatewayAway(UiError):  # noqa: N818
    message = "The server does not answer. It may be starting: this page keeps trying."
    retry_after = 2.0


class GatewaySlow(UiError):  # noqa: N818
    message = "The server did not answer in time. Please try again in a moment, or with a smaller picture."
    retry_after = 2.0


class InvalidAnswer(UiError):  # noqa: N818
    message = "The server gave an answer that this page does not understand. Do both have the same version?"


class Refused(UiError):  # noqa: N818
    """The gateway's own `detail` and `hint` help most; `slug` is the kind of problem, `status` the HTTP status.

    `advice` takes the place of hints that are written for programs.
    """

    message = "The server refused the request."
    advice: str | None = None

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after: float | None = None,
        status: int = 500,
        slug: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status, self.slug, self.request_id = status, slug, request_id


class TooLarge(Refused):
    message = "The picture is larger than the server accepts. Please scale it down."


class NotAPicture(Refused):
    message = "The server does not recognise the file as a picture. Please send a JPEG, PNG or WebP file."


class BadRequest(Refused):
    message = "The server does not take the request as it is."


class NotAllowed(Refused):
    message = "The server asks for a key with more rights. Please tell the operator to set GATEWAY_API_KEY."


class TooMany(Refused):
    message = "That were more requests than the server allows in a minute."
    advice = "Please wait a little."
    retry_after = 10.0


class Busy(Refused):
    message = "The server is busy or starting."
    advice = "Please try again in a moment."
    retry_after = 2.0


_BY_STATUS: dict[int, type[Refused]] = {
    400: BadRequest,
    401: NotAllowed,
    403: NotAllowed,
    404: BadRequest,
    413: TooLarge,
    415: NotAPicture,
    422: BadRequest,
    429: TooMany,
    502: Busy,
    503: Busy,
    504: Busy,
}


def kind_of(status: int) -> type[Refused]:
    return _BY_STATUS.get(status, Refused)
