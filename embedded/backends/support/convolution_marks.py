"""Marks on single convolutions that OpenVINO heeds when it compiles them: how exactly, and with which kernels."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openvino

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CPU_INFORMATION = Path("/proc/cpuinfo")

Mark = dict[str, str]
# No precision hint lowers what is marked so, but for the very first convolution when its input is UINT8.
IN_FP32: Mark = {"name": "precise", "version": "0"}
# Kernels that are generated for a convolution as a whole, where there are any, instead of OpenVINO's first choice.
BY_JIT: Mark = {"name": "primitives_priority", "version": "0", "value": "cpu:jit_avx512"}


def first_in_fp32(model: Any, count: int) -> dict[str, Mark]:
    """Mark the first convolutions, which see every fine step of the picture."""
    return dict.fromkeys([each.get_friendly_name() for each in _convolutions(model)][:count], IN_FP32)


def narrow_by_jit(model: Any, channels: int) -> dict[str, Mark]:
    """Mark the INT8 convolutions that read at most so many channels, where the processor is one for which that pays.

    OpenVINO's first choice are products of matrices in batches, for which few channels make small matrices. The answers
    are the same to the last bit. With AMX products are far ahead; without VNNI there is no INT8.
    """
    flags = _cpu_flags()
    if "avx512_vnni" not in flags or "amx_int8" in flags:
        return {}
    narrow = (each for each in _convolutions(model) if _channels_read_in_int8(each) in range(1, channels + 1))
    return {each.get_friendly_name(): BY_JIT for each in narrow}


def marked(core: openvino.Core, model: Any, marks: Mapping[str, Mark]) -> Any:
    """Return the model with a mark on each convolution that is named.

    Marks are runtime attributes for which Python has no function, but OpenVINO's own format a place: hence the way
    through a file.
    """
    if not marks:
        return model
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.xml"
        openvino.save_model(model, file, compress_to_fp16=False)
        tree = ET.parse(file)  # noqa: S314 - written a moment ago
        for layer in tree.iter("layer"):
            mark = marks.get(layer.get("name", ""))
            if mark and layer.get("type") == "Convolution":
                information = ET.Element("rt_info")
                ET.SubElement(information, "attribute", mark)
                layer.insert(1, information)  # after <data>
        tree.write(file)
        return core.read_model(file)


def _convolutions(model: Any) -> Iterable[Any]:
    return (each for each in model.get_ordered_ops() if each.get_type_name() == "Convolution")


def _channels_read_in_int8(convolution: Any) -> int:
    """Return how many they are; 0 where the weights are there as they are, not made from integers, or of any shape."""
    weights = convolution.input_value(1)
    channels = weights.get_partial_shape()[1]
    is_quantized = weights.get_node().get_type_name() != "Constant"
    return int(channels.get_length()) if is_quantized and channels.is_static else 0


def _cpu_flags() -> frozenset[str]:
    try:
        lines = CPU_INFORMATION.read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
