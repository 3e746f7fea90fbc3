"""Is it the server that was measured? Says so where client or transport, or somebody else's work, set the pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadtest.bench.results import Results

# Above these the number says more about something else than about the server.
LARGEST_SHARE_OF_ECHO = 0.5
LARGEST_CLIENT_SHARE = 0.1
LARGEST_FOREIGN_SHARE = 0.1


def remarks(results: Results) -> list[str]:
    """Return a sentence for each row, and each reason, that was not limited by its server alone."""
    reasons: list[tuple[Callable[[Results, str, int], float], float, str]] = [
        (_of_ceiling, LARGEST_SHARE_OF_ECHO, "{:.0%} of what client and transport do without any work behind them"),
        (_of_client, LARGEST_CLIENT_SHARE, "the client took up to {:.0%} of the machine"),
        (_of_others, LARGEST_FOREIGN_SHARE, "processes that are not part of the run took up to {:.0%} of the machine"),
    ]
    found = []
    for name in (name for name in results.names() if not name.startswith("echo-")):
        clients = sorted({sample.clients for sample in results.samples if sample.name == name})
        for measure, limit, text in reasons:
            shares = {number: measure(results, name, number) for number in clients}
            if over := [number for number in clients if shares[number] > limit]:
                where = f" at {', '.join(map(str, over))} clients" if any(over) else ""
                found.append(f"{results.label(name)}{where}: {text.format(max(shares.values()))}")
    return found


def _of_ceiling(results: Results, name: str, clients: int) -> float:
    ceiling = results.throughput("echo-grpc" if "-triton-" in name else "echo-http", clients)
    return (results.throughput(name, clients) or 0) / ceiling if ceiling else 0.0


def _of_client(results: Results, name: str, clients: int) -> float:
    return max(sample.client_cpu for sample in results.of(name, clients)) / float(results.machine["cores"])


def _of_others(results: Results, name: str, clients: int) -> float:
    return max(sample.foreign_cpu for sample in results.of(name, clients)) / float(results.machine["cores"])
