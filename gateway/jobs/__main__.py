"""`python -m gateway.jobs`: work on jobs without serving HTTP, until SIGTERM or SIGINT."""

import logging.config
import signal
import sys

import anyio

from gateway import logs
from gateway.services import running
from gateway.settings import Settings


async def work(settings: Settings) -> None:
    async with running(settings):
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for _ in signals:
                return


def main() -> None:
    settings = Settings()
    logging.config.dictConfig(logs.config(settings.log_level))
    if not settings.redis_url:
        sys.exit("GATEWAY_REDIS_URL is not set: jobs that are kept in another process cannot be worked on from here")
    anyio.run(work, settings, backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
