"""`python -m gateway`: serve until SIGTERM or SIGINT, let running requests finish, leave nothing behind."""

import uvicorn

from gateway import logs
from gateway.settings import Settings

# Longer than the idle time of usual client pools and load balancers, so that it is they who close a connection:
# a server that closes first meets requests already on their way.
KEEP_ALIVE_SECONDS = 75


def main() -> None:
    settings = Settings()
    uvicorn.run(
        "gateway.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        # One line per request is written by gateway.middleware.access_log, with the request id.
        access_log=False,
        log_config=logs.config(settings.log_level),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # No request outlives its deadline; drawing and writing the answer get a little more.
        timeout_graceful_shutdown=round(settings.deadline_seconds) + 5,
    )


if __name__ == "__main__":
    main()
