"""One client of the gateway for the whole process: strict timeouts, checked answers, errors of ours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ui.errors import GatewayAway, GatewaySlow, Refused
from ui.gateway.answers import Envelope, Models
from ui.gateway.checking import checked, refusal
from ui.gateway.timing import Timing, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.settings import Settings


@dataclass(frozen=True, slots=True)
class Inferred:
    """An answer about one picture, and where its time went."""

    answer: Envelope
    timing: Timing


class Gateway:
    """What the gateway offers. Every method raises `UiError`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def models(self) -> Models:
        return checked(Models, await self.request("GET", "/v1/models"))

    async def infer(
        self, task: str, picture: bytes, media: str, parameters: Mapping[str, Any], kind: type[Envelope] = Envelope
    ) -> Inferred:
        """Ask `task` about an encoded picture of the type `media`; the answer is checked as `kind`.

        Parameters that are None are left to the gateway's defaults.
        """
        wanted = {name: value for name, value in parameters.items() if value is not None}
        began = time.perf_counter()
        headers = {"content-type": media}
        response = await self.request("POST", f"/v1/{task}", params=wanted, content=picture, headers=headers)
        elapsed = (time.perf_counter() - began) * 1e3
        return Inferred(checked(kind, response), parse(response.headers.get("server-timing", ""), elapsed))

    async def ready(self) -> bool:
        """Ping; a sleeping server is woken by it. False while the gateway is there and its models are not."""
        try:
            await self.request("GET", "/readyz")
        except Refused:
            return False
        return True

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return a successful answer; options are those of `httpx.AsyncClient.request`."""
        try:
            response = await self._http.request(method, path, **options)
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise GatewayAway from error
        except httpx.TimeoutException as error:
            raise GatewaySlow from error
        except httpx.HTTPError as error:
            raise GatewayAway from error
        if response.is_success:
            return response
        raise refusal(response)


def http_client(settings: Settings) -> httpx.AsyncClient:
    key = settings.gateway_api_key
    return httpx.AsyncClient(
        base_url=str(settings.gateway_url),
        headers={"x-api-key": key.get_secret_value()} if key else {},
        timeout=httpx.Timeout(settings.timeout_seconds, connect=settings.connect_seconds),
        limits=httpx.Limits(max_connections=4 * settings.concurrency),
        # The gateway's address is ours to say, whatever proxy the environment names.
        trust_env=False,
    )
