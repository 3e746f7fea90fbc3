"""Where the server's files lie in the installed wheel, and a backend directory made of them.

The wheel carries `tritonserver` with the *python* backend only, and that backend needs the stub of the running
Python version beside its library. Triton reads one backend directory, so one is assembled: the wheel's python
backend, the matching stub, and our Python-based `openvino` and `onnxruntime` backends. The library is copied,
because Triton refuses one that a link leads out of its directory.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import ServerNotFoundError

OWN_BACKENDS = Path(__file__).parent / "backends"


@dataclass(frozen=True)
class Installation:
    """Files of the server as the wheel lays them out below site-packages."""

    site_packages: Path

    @classmethod
    def find(cls) -> Installation:
        """Find the wheel in the running environment; `ServerNotFoundError` when it is not there."""
        found = cls(Path(sysconfig.get_path("platlib")))
        for path in (found.executable, found.python_backend, found.stub):
            if not path.exists():
                raise ServerNotFoundError(
                    f"{path.name} not found below {found.site_packages}: "
                    "install requirements/triton.txt into this environment (make setup)"
                )
        return found

    @property
    def root(self) -> Path:
        return self.site_packages / "pytriton" / "tritonserver"

    @property
    def executable(self) -> Path:
        return self.root / "bin" / "tritonserver"

    @property
    def libraries(self) -> Path:
        return self.site_packages / "nvidia_pytriton.libs"

    @property
    def caches(self) -> Path:
        return self.root / "caches"

    @property
    def python_backend(self) -> Path:
        return self.root / "backends" / "python"

    @property
    def stub(self) -> Path:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "python_backend_stubs" / version / "triton_python_backend_stub"


def assemble_backends(installation: Installation, target: Path) -> Path:
    """Fill `target` with the backends that the server shall know and return it; what was there is replaced."""
    shutil.rmtree(target, ignore_errors=True)
    python = target / "python"
    python.mkdir(parents=True)
    # Triton puts this folder on the module path of every Python model: the support modules go there too.
    for file in (*installation.python_backend.iterdir(), installation.stub, *(OWN_BACKENDS / "support").iterdir()):
        if file.is_file():
            shutil.copy2(file, python)
    for backend in OWN_BACKENDS.iterdir():
        if (backend / "model.py").exists():
            shutil.copytree(backend, target / backend.name, ignore=shutil.ignore_patterns("__pycache__"))
    return target
