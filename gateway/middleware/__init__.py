"""Pure ASGI, one concern each; `gateway.app` says in which order."""
