"""The gateway, one picture and one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.answers import check_document
from loadtest.clients import Client
from loadtest.clients.http import Connection

if TYPE_CHECKING:
    from loadtest.settings import Target


class GatewayClient(Client):
    """`POST /v1/<task>` with the picture as the body."""

    via = "gateway"

    def __init__(self, target: Target, task: str) -> None:
        self.name = task
        self._connection = Connection(target)

    def ask(self, picture: bytes) -> int:
        document, size = self._connection.post(f"/v1/{self.name}", picture, 200)
        check_document(self.name, document)
        return size

    def close(self) -> None:
        self._connection.close()
