"""What can go wrong before the server is ready; every message is one line that says what to do.

EmbeddedError
├── UnsupportedHostError    the machine cannot run the server of the wheel
├── ServerNotFoundError     the wheel, or a part of it, is not installed
├── RepositoryError         there is no model repository to serve
├── PortInUseError          somebody else listens where the server should
└── StartError              the server came up, but not ready
    └── ModelLoadError      a model failed to load: which, why
"""

from __future__ import annotations


class EmbeddedError(Exception):
    """Base of all errors of the embedded server."""


class UnsupportedHostError(EmbeddedError):
    """Not x86-64 Linux, C library too old, or no shared libpython."""


class ServerNotFoundError(EmbeddedError):
    """The wheel that carries the server is not installed in this environment."""


class RepositoryError(EmbeddedError):
    """The model repository is not a folder."""


class PortInUseError(EmbeddedError):
    """A port of the server is taken."""


class StartError(EmbeddedError):
    """The server ended, or did not become ready in time."""


class ModelLoadError(StartError):
    """A model of the repository could not be loaded."""
