"""What a path asks for. Whatever is not listed needs the right to infer: a path nobody thought of is not open."""

from gateway.access.principal import Right

# Probes; neither access control nor quotas nor host names may stop them.
HEALTH = frozenset({"/healthz", "/readyz"})
# What an API looks like and what its errors mean is no secret.
OPEN = HEALTH | {"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"}
OPEN_FOLDER = "/problems/"
# Paths themselves, and everything below them.
NEEDED = {
    "/v1/jobs": Right.JOBS,
    "/v1/stream": Right.STREAM,
    "/v1/stats": Right.METRICS,
    "/metrics": Right.METRICS,
    "/admin": Right.METRICS,
}


def is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_FOLDER)


def needed(path: str) -> Right:
    """Return the right without which `path` is refused."""
    for root, right in NEEDED.items():
        if path == root or path.startswith(f"{root}/"):
            return right
    return Right.INFER
