"""Load tests with Locust: users that ask in every way there is, shapes of load, and reports that can be compared.

`settings` says what to do; `clients` ask (no Locust in them), `pacing` and `shapes` say when, `users` and `camera` join
them to Locust; `recorder` keeps every result, `summary` condenses them, `slo` and `compare` judge. `run` makes a run,
led by `conductor`; `locustfile` serves Locust's own command and its web interface.
"""
