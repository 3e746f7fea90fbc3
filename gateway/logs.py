"""Logging: one line per event on standard error, for people or, as JSON, for machines."""

from typing import Any, Literal

from opentelemetry import trace
from pythonjsonlogger.core import RESERVED_ATTRS, LogData
from pythonjsonlogger.json import JsonFormatter

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
FIELDS = {"levelname": "level", "name": "logger"}


def config(level: str, form: Literal["line", "json"] = "line") -> dict[str, Any]:
    """Return what `dictConfig` takes. Given to uvicorn, which applies it in every worker process."""
    ours = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": LINE}, "json": {"()": "gateway.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "loggers": {"gateway": ours, "uvicorn": ours},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    }


class JsonLines(JsonFormatter):
    """An object a line: `timestamp`, `level`, `logger`, `message`, what the event adds, and the `trace_id`, if any."""

    def __init__(self) -> None:
        # uvicorn says some things twice, the second time with colours for a terminal.
        reserved = [*RESERVED_ATTRS, "color_message", "taskName"]
        super().__init__(
            ["levelname", "name", "message"], rename_fields=FIELDS, timestamp=True, reserved_attrs=reserved
        )

    def process_log_record(self, log_data: LogData) -> LogData:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            log_data["trace_id"] = trace.format_trace_id(context.trace_id)
        return log_data
