"""What handlers work with, made once for an application and handed to them by injection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import Scope

from gateway.access.quota import Quota, quotas
from gateway.admission import Admission
from gateway.catalogue import Catalogue
from gateway.drawing.artist import Artist
from gateway.gpu import Gpus
from gateway.inference import Inference
from gateway.jobs.running import working
from gateway.jobs.service import Jobs
from gateway.lifecycle import Lifecycle
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.streams.admission import Streams
from gateway.triton.client import TritonClient
from gateway.watch import Watch


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    triton: TritonClient
    catalogue: Catalogue
    admission: Admission
    inference: Inference
    artist: Artist
    metrics: Metrics
    gpus: Gpus
    quota: Quota
    streams: Streams
    lifecycle: Lifecycle
    jobs: Jobs


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """Provide the services, with the catalogue kept fresh in the background; Triton need not be there yet."""
    triton = TritonClient(settings.triton_url)
    catalogue = Catalogue(triton, settings.catalogue_seconds)
    metrics = Metrics(settings.metrics_classes)
    admission = Admission(settings.max_concurrency, settings.max_queue)
    inference = Inference(triton, catalogue, admission, settings.max_pixels, metrics)
    streams = Streams(settings.stream_max_sessions)
    lifecycle = Lifecycle(settings.shutdown_delay_seconds)
    try:
        async with (
            quotas(settings) as quota,
            working(settings, inference, metrics, lifecycle.drain) as jobs,
            anyio.create_task_group() as background,
        ):
            background.start_soon(catalogue.keep_fresh)
            watch = Watch(metrics, admission, streams, jobs)
            background.start_soon(watch.over_this_process)
            background.start_soon(watch.over_the_store)
            yield Services(
                settings,
                triton,
                catalogue,
                admission,
                inference,
                Artist(settings.jpeg_quality, settings.draw_workers),
                metrics,
                Gpus(),
                quota,
                streams,
                lifecycle,
                jobs,
            )
            background.cancel_scope.cancel()
    finally:
        await triton.close()


def services_of(scope: Scope) -> Services:
    """Return the services for middleware, which injection does not reach."""
    services: Services = scope["app"].state.services
    return services


async def _services(connection: HTTPConnection) -> Services:
    return services_of(connection.scope)


# Asynchronous although it awaits nothing: FastAPI would run a plain function in a thread.
Injected = Annotated[Services, Depends(_services)]
