"""The two things that a plan is tied to: a kind of GPU and a version of TensorRT."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What plans can be built for here."""

    tensorrt: str  # the version of the library, not of its Python bindings
    gpu: str  # as the driver calls it, such as "NVIDIA L4"
    compute_capability: str  # such as "8.9"

    def __str__(self) -> str:
        return f"{self.gpu} ({self.compute_capability}), TensorRT {self.tensorrt}"
