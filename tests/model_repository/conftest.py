"""Embedded servers, as the tests of the server itself start them."""

from tests.embedded.conftest import launch, serve

__all__ = ["launch", "serve"]
