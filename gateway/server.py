"""The web server, which takes everybody in who stood at the door when it closed.

A connection that the system has made and the server has not yet accepted is reset when the listener closes: its client
has been connected, has sent a request, and gets nothing.
"""

import asyncio
import os
import socket

import uvicorn


class Server(uvicorn.Server):
    """For one process; several share a listener, which outlives each of them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, accept who is connected already, and finish as uvicorn does."""
        # Of the same listener: it lives, and keeps who waits, until the last descriptor is closed.
        listeners = [socket.socket(fileno=os.dup(each.fileno())) for server in self.servers for each in server.sockets]
        for server in self.servers:
            server.close()
        for listener in listeners:
            with listener:
                await self._accept_all(listener)
        await super().shutdown(sockets)

    async def _accept_all(self, listener: socket.socket) -> None:
        listener.settimeout(0)
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:  # nobody is left
                return
            except ConnectionAbortedError:  # this one has left while waiting
                continue
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
