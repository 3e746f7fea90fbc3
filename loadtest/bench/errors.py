"""What ends a run early. What was measured until then is reported all the same."""


class BenchError(Exception):
    """The run cannot go on."""


class ModelError(BenchError):
    """A model of the run could not be made."""


class ServerError(BenchError):
    """A server did not start; the message names its log."""


class UnansweredError(BenchError):
    """A server that is measured gave no answer, or not the one that was asked for."""


class DisagreementError(BenchError):
    """A system gives other answers than the pipeline: its speed would mean nothing."""


class ChildError(BenchError):
    """A process that measures ended too early."""
