"""The middleware of access, in two parts: what goes on every answer, and what a request has to get past."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway.access import exposure
from gateway.access.gate import gate
from gateway.middleware.access import AccessControl
from gateway.middleware.origins import Origins
from gateway.middleware.quota import QuotaLimit
from gateway.middleware.security_headers import SecurityHeaders
from gateway.settings import Settings

METHODS = ("GET", "POST", "DELETE")
REQUEST_HEADERS = ("authorization", "idempotency-key", "last-event-id", "x-api-key", "x-deadline-ms", "x-request-id")
ANSWER_HEADERS = (
    *("location", "ratelimit", "ratelimit-policy", "retry-after", "server-timing"),
    *("x-model", "x-model-version", "x-model-weights", "x-request-id"),
)


def on_answers(settings: Settings) -> list[Middleware]:
    """CORS is there only when an origin is allowed: without it browsers keep answers from all foreign pages."""
    headers = Middleware(SecurityHeaders, hsts_seconds=settings.hsts_seconds)
    return [headers, _cors(settings)] if settings.cors_origins else [headers]


def on_requests(settings: Settings) -> list[Middleware]:
    """Cheapest first. Raises `ValueError`, `OSError` for a file of keys that cannot be used."""
    hosts = settings.trusted_hosts or exposure.own_names(settings.host)
    control = gate(settings)
    return [
        Middleware(Origins, hosts=hosts, origins=settings.cors_origins),
        *([Middleware(AccessControl, gate=control)] if control else []),
        Middleware(QuotaLimit),
    ]


def _cors(settings: Settings) -> Middleware:
    """Without credentials: keys and tokens are headers that a page sets itself, there are no cookies."""
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=ANSWER_HEADERS,
    )
