"""`python -m gateway`: serve until SIGTERM or SIGINT, let running requests finish, leave nothing behind."""

import sys
from contextlib import suppress

import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway import configuration, exposition, logs
from gateway.server import Server
from gateway.settings import Settings
from gateway.streams.protocol import server_options

# Longer than the idle time of usual client pools and load balancers, so that it is they who close a connection:
# a server that closes first meets requests already on their way.
KEEP_ALIVE_SECONDS = 75
NOT_STARTED = 3  # uvicorn's own code for it


def main() -> None:
    settings = configuration.load()
    with exposition.shared(settings.workers):
        _serve(settings)


def _serve(settings: Settings) -> None:
    if settings.workers > 1 and settings.redis_url is None:
        sys.stderr.write(
            "gateway: warning: several workers without GATEWAY_REDIS_URL: a job is known to one of them only, "
            "and each counts quotas for itself\n"
        )
    config = uvicorn.Config(
        "gateway.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="gateway.connections:Connection",
        workers=settings.workers,
        # One line per request is written by gateway.middleware.access_log, with the request id.
        access_log=False,
        log_config=logs.config(settings.log_level, settings.log_format),
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # No request outlives its deadline; drawing and writing the answer get a little more.
        timeout_graceful_shutdown=round(settings.max_deadline_seconds) + 5,
        **server_options(settings),
    )
    if settings.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main()
