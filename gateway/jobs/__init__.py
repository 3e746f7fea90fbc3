"""Work that is accepted now and done later: a store with a queue, workers that take from it, webhooks that tell.

`job` is what is kept, `store` what a store must promise, `memory` and `redis` two that do; `intake` makes a job of a
request, `worker` and `runner` do it, `outbox` and `webhook` report it. Nothing but `redis` knows Redis.
"""
