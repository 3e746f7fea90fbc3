"""What handlers work with, made once for an application and handed to them by injection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.catalogue import Catalogue
from gateway.drawing.artist import Artist
from gateway.inference import Inference
from gateway.settings import Settings
from gateway.triton.client import TritonClient


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    triton: TritonClient
    catalogue: Catalogue
    inference: Inference
    artist: Artist


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """Provide the services, with the catalogue kept fresh in the background; Triton need not be there yet."""
    triton = TritonClient(settings.triton_url)
    catalogue = Catalogue(triton, settings.catalogue_seconds)
    inference = Inference(triton, catalogue, settings.max_pixels)
    try:
        async with anyio.create_task_group() as background:
            background.start_soon(catalogue.keep_fresh)
            yield Services(settings, triton, catalogue, inference, Artist(settings.jpeg_quality, settings.draw_workers))
            background.cancel_scope.cancel()
    finally:
        await triton.close()


async def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


# Asynchronous although it awaits nothing: FastAPI would run a plain function in a thread.
Injected = Annotated[Services, Depends(_services)]
