"""How a session ends."""

# RFC 6455, 7.4.1, and the IANA registry of close codes; 4000 and above are for applications.
LEFT = 1005
LOST = 1006
UNEXPECTED = 1011
IDLE = 4408  # as HTTP's 408
NOT_READ = 4409


class Ended(Exception):  # noqa: N818 - it says what happened, and mostly it is no error
    """Raised by whoever notices; `ours` tells whether the client has still to be told by a close frame."""

    def __init__(self, code: int, reason: str = "", *, ours: bool = False) -> None:
        self.code = code
        self.reason = reason
        self.ours = ours
        super().__init__(code, reason)
