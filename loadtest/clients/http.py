"""JSON over one kept connection. `geventhttpclient` costs a fraction of `requests`: the CPU is the server's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geventhttpclient import HTTPClient

from loadtest.answers import problem
from loadtest.outcome import RequestError, failed
from loadtest.pictures import media_type

if TYPE_CHECKING:
    from geventhttpclient.response import HTTPSocketPoolResponse

    from loadtest.settings import Target


class Connection:
    """To the gateway."""

    def __init__(self, target: Target) -> None:
        headers = {"accept": "application/json"}
        if target.api_key:
            headers["x-api-key"] = target.api_key
        self._http = HTTPClient.from_url(
            target.target, headers=headers, network_timeout=target.timeout, connection_timeout=target.timeout
        )

    def post(self, path: str, picture: bytes, expected: int) -> tuple[Any, int]:
        """Upload a picture; return the document and its size in bytes."""
        response = self._http.request("POST", path, picture, {"content-type": media_type(picture)})
        return _document(response, expected)

    def get(self, path: str) -> tuple[Any, int]:
        return _document(self._http.request("GET", path), 200)

    def delete(self, path: str) -> None:
        self._http.request("DELETE", path).read()

    def open(self, path: str) -> HTTPSocketPoolResponse:
        """Begin to read an answer that comes in pieces."""
        response = self._http.request("GET", path, headers={"accept": "text/event-stream"})
        if response.status_code != 200:  # noqa: PLR2004
            raise _failure(response.status_code, response.read())
        return response

    def close(self) -> None:
        self._http.close()


def _document(response: HTTPSocketPoolResponse, expected: int) -> tuple[Any, int]:
    body = response.read()
    if response.status_code != expected:
        raise _failure(response.status_code, body)
    try:
        return json.loads(body), len(body)
    except ValueError:
        raise RequestError("the answer is no JSON") from None


def _failure(status: int, body: bytes) -> RequestError:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    # The status that was sent counts, whatever the document says.
    slug = problem(document).args[0].partition(" ")[2] if isinstance(document, dict) and "type" in document else ""
    return failed(status, slug)
