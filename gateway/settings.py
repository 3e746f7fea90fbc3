"""Every setting of the gateway, in one typed place."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AliasChoices, BeforeValidator, ByteSize, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.access import exposure

# Pillow refuses, whatever we say, to open a WebP beyond twice its own bomb limit of 1 GiB / 4 / 3 pixels.
PILLOW_PIXELS = 178_956_970

T = TypeVar("T")
# Signatures that can be checked without the secret that makes them.
Asymmetric = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


def _split(value: object) -> object:
    """Read `a, b` as the environment has it."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[T, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Read from the environment, `GATEWAY_` before each name in capitals; every default is usable as it is."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore", populate_by_name=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    triton_url: str = Field(
        default="127.0.0.1:8001",
        validation_alias=AliasChoices("GATEWAY_TRITON_URL", "TRITON_URL"),
        description="Triton's gRPC address, `host:port`. `TRITON_URL` is understood too.",
    )
    deadline_seconds: float = Field(
        default=10.0, gt=0, le=300, description="Time for one request after its upload, when it asks for none itself."
    )
    max_deadline_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest time a request may ask for.")
    max_concurrency: int = Field(default=4, ge=1, le=4096, description="Inferences at Triton at a time, per worker.")
    max_queue: int = Field(
        default=64, ge=0, le=65536, description="Inferences that wait for one of these places, per worker."
    )
    max_files: int = Field(default=16, ge=1, le=1000, description="Most files in one request.")
    batch_concurrency: int = Field(
        default=4, ge=1, le=1000, description="Files of one request that are worked on at a time."
    )
    header_seconds: float = Field(default=10.0, gt=0, le=300, description="Time for the headers of a request to come.")
    body_seconds: float = Field(default=60.0, gt=0, le=3600, description="Time for the body of a request to come.")
    body_idle_seconds: float = Field(default=10.0, gt=0, le=3600, description="Longest pause within a request body.")
    max_connections: int = Field(default=1000, ge=1, description="Open connections, per worker.")
    shutdown_delay_seconds: float = Field(
        default=0.0, ge=0, le=300, description="Time between `/readyz` saying 503 and the end of accepting, on SIGTERM."
    )
    workers: int = Field(default=1, ge=1, le=256, description="Processes that share the port.")
    max_body: ByteSize = Field(
        default=ByteSize(20_000_000), gt=0, description="Largest request body; `20MB`, `8MiB` and so on."
    )
    max_pixels: int = Field(
        default=50_000_000,
        gt=0,
        le=PILLOW_PIXELS,
        description="Largest picture, width times height, read from its header.",
    )
    catalogue_seconds: float = Field(default=30.0, gt=0, description="Time between two looks at what Triton serves.")
    jpeg_quality: int = Field(default=90, ge=1, le=95, description="Quality of annotated pictures.")
    draw_workers: int = Field(default=2, ge=1, le=64, description="Pictures annotated at a time, each in a thread.")
    frame_deadline_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Time for one frame of a stream; a later answer is worth nothing."
    )
    stream_max_sessions: int = Field(default=32, ge=0, description="Streams open at a time, for each worker process.")
    stream_in_flight: int = Field(default=2, ge=1, le=64, description="Frames of one stream at Triton at a time.")
    stream_max_frame: ByteSize = Field(
        default=ByteSize(8_000_000), gt=0, description="Largest WebSocket message; a larger one ends the stream."
    )
    stream_idle_seconds: float = Field(default=60.0, gt=0, description="A stream without a frame for so long is ended.")
    stream_send_seconds: float = Field(
        default=5.0, gt=0, description="A stream whose client does not read an answer for so long is ended."
    )
    stream_ping_seconds: float = Field(
        default=20.0, gt=0, description="Time between two pings of a stream, and the time to answer one."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe line logged."
    )
    log_format: Literal["line", "json"] = Field(
        default="line", description="`line` for people, `json` (an object a line) for machines."
    )
    metrics_classes: Listed[str] = Field(
        default=("person", "bicycle", "car", "motorcycle", "bus", "truck", "cat", "dog"),
        description="Labels that are groups of their own in `gateway_confidence`; all others are `other`.",
    )

    redis_url: str | None = Field(
        default=None, description="Redis that worker processes and machines share; without it each works for itself."
    )
    allow_unauthenticated: bool = Field(
        default=False, description="Serve an address that is not loopback to everybody, without keys or tokens."
    )
    api_keys_file: Path | None = Field(
        default=None, description="TOML file of API keys (`python -m gateway.access new-key`); read again on change."
    )
    jwt_jwks: str | None = Field(
        default=None, description="File or https address of the JWKS that tokens are checked with."
    )
    jwt_issuer: str | None = Field(default=None, description="Issuer that tokens must name (`iss`).")
    jwt_audience: str | None = Field(default=None, description="Audience that tokens must name (`aud`).")
    jwt_algorithms: Listed[Asymmetric] = Field(
        default=("RS256", "ES256"), min_length=1, description="Algorithms that tokens may be signed with."
    )
    jwt_leeway_seconds: float = Field(
        default=30.0, ge=0, le=600, description="How far the issuer's clock may differ from ours."
    )
    quota_per_minute: int = Field(
        default=0, ge=0, description="Requests a minute for whoever has no quota of their own; 0: no limit."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses and networks whose `X-Forwarded-For` and `-Proto` are believed; `*`: all.",
    )
    cors_origins: Listed[str] = Field(
        default=(), description="Origins whose pages may use the gateway, such as `https://example.org`; `*`: all."
    )
    trusted_hosts: Listed[str] = Field(
        default=(),
        description="Names the gateway answers to, `*`: all. When empty: on loopback its own names, else all.",
    )
    hsts_seconds: int = Field(
        default=0, ge=0, description="Tell browsers to use https only, for so long; 0: say nothing."
    )
    admin_host: str = Field(default="127.0.0.1", description="Address of the second port.")
    admin_port: int | None = Field(
        default=None, ge=1, le=65535, description="Second port, without access control, for metrics; then only there."
    )
    job_workers: int = Field(
        default=2, ge=0, le=64, description="Jobs worked on at a time in each process; 0 leaves them to others."
    )
    job_deadline_seconds: float = Field(
        default=300.0, gt=0, description="Time a job may take from the start of its processing."
    )
    job_retention_seconds: float = Field(
        default=300.0, gt=0, description="Time after its end for which a job and its results are kept."
    )
    job_max_queued: int = Field(default=1000, gt=0, description="Jobs that may wait.")
    job_max_bytes: ByteSize = Field(
        default=ByteSize(256_000_000), gt=0, description="Bytes of pictures and results that are kept for all jobs."
    )
    job_lease_seconds: float = Field(
        default=10.0, gt=0, description="Time without a sign of life after which a worker's job is another's."
    )
    job_attempts: int = Field(
        default=5, gt=0, description="Workers that may be lost with a job before it is given up as their killer."
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Signs webhooks, `whsec_` and base64; without it none can be asked for."
    )
    webhook_insecure: bool = Field(
        default=False, description="Allow webhooks over http and to private addresses; for closed networks and tests."
    )

    @field_validator("redis_url")
    @classmethod
    def _of_redis(cls, value: str | None) -> str | None:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("give redis://host:6379/0, rediss:// for TLS, or unix:// and a path")
        return value

    @field_validator("jwt_jwks")
    @classmethod
    def _over_https(cls, value: str | None) -> str | None:
        if value and not exposure.is_private_source(value):
            raise ValueError("give a file that exists, an https address, or an http address on loopback")
        return value

    @model_validator(mode="after")
    def _complete_and_closed(self) -> Self:
        if len({bool(part) for part in (self.jwt_jwks, self.jwt_issuer, self.jwt_audience)}) > 1:
            raise ValueError("GATEWAY_JWT_JWKS, GATEWAY_JWT_ISSUER and GATEWAY_JWT_AUDIENCE belong together: set all")
        controlled = self.api_keys_file or self.jwt_jwks or self.allow_unauthenticated
        if not controlled and not exposure.is_loopback(self.host):
            raise ValueError(
                f"GATEWAY_HOST={self.host} would serve everybody who reaches it: set GATEWAY_API_KEYS_FILE or"
                " GATEWAY_JWT_JWKS, or GATEWAY_ALLOW_UNAUTHENTICATED=yes if that is what you want"
            )
        return self

    @field_validator("triton_url")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        address = value.removeprefix("grpc://").rstrip("/")
        if "://" in address:
            raise ValueError("the gateway speaks gRPC: give host:port of Triton's gRPC port (8001), without a scheme")
        return address
