"""Live pictures over a WebSocket. The newest frame counts: one that cannot be looked at in time is dropped and told.

`wanted` is what the client asked for, `mailbox` keeps the newest frame, `session` does the talking, `work` the looking
(`roles` says what each expects of the other), `socket` connects them to a WebSocket, `protocol` is what the server
needs to end one properly, `admission` how many there may be.
"""
