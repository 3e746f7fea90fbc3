"""Every setting of the gateway, in one typed place."""

from typing import Literal

from pydantic import AliasChoices, ByteSize, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# Pillow refuses, whatever we say, to open a WebP beyond twice its own bomb limit of 1 GiB / 4 / 3 pixels.
PILLOW_PIXELS = 178_956_970


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
        default=10.0, gt=0, le=300, description="Time Triton has for one request, queues included."
    )
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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe line logged."
    )

    @field_validator("triton_url")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        address = value.removeprefix("grpc://").rstrip("/")
        if "://" in address:
            raise ValueError("the gateway speaks gRPC: give host:port of Triton's gRPC port (8001), without a scheme")
        return address
