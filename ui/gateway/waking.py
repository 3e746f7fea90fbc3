"""Is the gateway there? A ping that also wakes a server that sleeps while nobody asks it anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ui.errors import GatewayAway, GatewaySlow, UiError
from ui.gateway.answers import Models

if TYPE_CHECKING:
    from ui.gateway.client import Gateway


class State(StrEnum):
    READY = "ready"
    WAKING = "waking"
    """Not yet: ask again in a moment."""
    REFUSING = "refusing"
    """It is there and says no: waiting does not help, somebody has to do something."""


@dataclass(frozen=True, slots=True)
class Connection:
    """`sentence` says what is the matter; `models` are known when the state is READY."""

    state: State
    sentence: str = ""
    models: Models = field(default_factory=Models)


async def ping(gateway: Gateway) -> Connection:
    """Look whether the gateway is there; raises nothing, because whatever is wrong is a state."""
    try:
        if not await gateway.ready():
            return Connection(State.WAKING, "The server is up and loads its models.")
        models = await gateway.models()
    except (GatewayAway, GatewaySlow):
        return Connection(State.WAKING, "The server does not answer yet. It may be asleep or starting.")
    except UiError as error:
        return Connection(State.REFUSING, str(error))
    return Connection(State.READY, models=models)
