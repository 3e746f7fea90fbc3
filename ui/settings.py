"""Every setting of the UI, in one typed place."""

from pydantic import AliasChoices, ByteSize, Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment, `UI_` before each name in capitals; every default is usable as it is."""

    model_config = SettingsConfigDict(env_prefix="UI_", frozen=True, extra="ignore", populate_by_name=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=7860, ge=0, le=65535, description="Port to listen on.")
    gateway_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8080"),
        validation_alias=AliasChoices("GATEWAY_URL", "gateway_url"),
        description="Where the gateway listens.",
    )
    gateway_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("GATEWAY_API_KEY", "gateway_api_key"),
        description="Key for a gateway that asks for one. It never reaches the browser.",
    )
    connect_seconds: float = Field(default=2.0, gt=0, le=60, description="Time to connect to the gateway.")
    timeout_seconds: float = Field(
        default=15.0, gt=0, le=300, description="Time for an answer of the gateway; the page waits no longer."
    )
    wake_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Time between two pings while the gateway is away or waking up."
    )
    max_upload: ByteSize = Field(
        default=ByteSize(20_000_000), gt=0, description="Largest file that is taken; `20MB`, `8MiB` and so on."
    )
    max_pixels: int = Field(
        default=50_000_000, gt=0, le=178_956_970, description="Largest picture, width times height, by its header."
    )
    send_side: int = Field(
        default=1280,
        ge=64,
        le=8192,
        description="Longer side of a picture, in pixels, beyond which it is scaled down before it is sent.",
    )
    send_bytes: ByteSize = Field(
        default=ByteSize(600_000),
        gt=0,
        description="Size of a file beyond which it is compressed anew before it is sent.",
    )
    jpeg_quality: int = Field(default=90, ge=50, le=95, description="Quality of pictures that are compressed anew.")
    concurrency: int = Field(default=8, ge=1, le=256, description="Requests of all users that are worked on at a time.")
    queue_size: int = Field(default=64, ge=1, le=4096, description="Requests of all users that may wait.")
    max_files: int = Field(default=32, ge=1, le=1000, description="Most files in one batch.")
    keep_seconds: int = Field(
        default=3600, ge=60, description="Age at which temporary files, such as uploads, are deleted."
    )
    max_streams: int = Field(default=8, ge=1, le=1000, description="Live streams that are relayed at a time.")
    max_frame: ByteSize = Field(
        default=ByteSize(2_000_000), gt=0, description="Largest message of a live stream: a frame, or an answer."
    )
