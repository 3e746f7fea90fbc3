"""`python -m ui`: serve the page until SIGTERM or SIGINT."""

import asyncio
import logging
import os
import signal
import sys
from tempfile import TemporaryDirectory

import uvicorn
from pydantic import ValidationError

from ui.settings import Settings


def main() -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        for one in error.errors():
            print(f"ui: {'.'.join(map(str, one['loc']))}: {one['msg']}", file=sys.stderr)
        return 1
    # uvicorn hands the signal on when it is done; what was begun here is to be cleared up then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Of this process alone: Gradio names files by their content, and deletes its own when it ends.
    with TemporaryDirectory(prefix="triton-vision-ui-") as folder:
        os.environ.setdefault("GRADIO_TEMP_DIR", folder)
        serve(settings)
    return 0


def serve(settings: Settings) -> None:
    from ui.app import create_app  # noqa: PLC0415 - Gradio takes seconds to import, a wrong setting should not

    logging.getLogger("uvicorn.error").addFilter(_worth_a_line)
    # An open page keeps a connection for events; what else runs has three seconds to finish.
    seconds = 3
    app = create_app(settings)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=seconds,
        ws_max_size=int(settings.max_frame),
        ws_per_message_deflate=False,  # pictures are compressed, and answers are small
    )


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out the trace of what was cancelled at the end: it was to be."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


if __name__ == "__main__":
    sys.exit(main())
