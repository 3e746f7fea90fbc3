"""The client of all servers: a closed loop over keep-alive connections, cheap enough to stay out of the way."""
