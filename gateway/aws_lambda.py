"""The gateway as an AWS Lambda function: `gateway.aws_lambda.handler`, behind API Gateway, a function URL or an ALB.

The application is started once, with the execution environment, not once for each event: its connection to Triton and
what it has learned of the pipelines stay. Its event loop runs during invocations only, as does the environment itself.
"""

import asyncio
import logging.config
import os
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext, LambdaEvent

from gateway import configuration, logs
from gateway.app import create_app
from gateway.settings import Settings

# All other answers, which means pictures, go through the event as base64.
TEXT = [*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"]


class Handler:
    """What Lambda calls with each event; made outside of any running loop."""

    def __init__(self, settings: Settings) -> None:
        app = create_app(settings)
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._lifespan = app.router.lifespan_context(app)
        self._loop.run_until_complete(self._lifespan.__aenter__())
        self._serve = Mangum(app, lifespan="off", text_mime_types=TEXT)

    def __call__(self, event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:
        """Return the answer in the form that the event's origin expects."""
        return self._serve(event, context)


def _start() -> Handler:
    # Whoever knows its address can call it: as on any address but loopback, access has to be decided.
    os.environ.setdefault("GATEWAY_HOST", "0.0.0.0")  # noqa: S104 - nothing is listened on
    settings = configuration.load()
    logging.config.dictConfig(logs.config(settings.log_level, settings.log_format))
    return Handler(settings)


def __getattr__(name: str) -> Handler:
    """Start when Lambda asks for `handler`, not when the module is imported."""
    if name != "handler":
        raise AttributeError(name)
    globals()[name] = started = _start()
    return started
