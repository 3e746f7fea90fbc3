"""A lower precision for a network, but not for its first convolutions, which see every fine step of the picture."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import openvino


def keep_in_fp32(core: openvino.Core, model: Any, convolutions: int) -> Any:
    """Return the model with a mark on its first convolutions, which no precision hint lowers then.

    The mark is a runtime attribute for which Python has no function, but OpenVINO's own format a place: hence the way
    through a file. OpenVINO still computes the very first convolution in the lower precision when its input is UINT8.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.xml"
        openvino.save_model(model, file, compress_to_fp16=False)
        tree = ET.parse(file)  # noqa: S314 - written a moment ago
        layers = [layer for layer in tree.iter("layer") if layer.get("type") == "Convolution"]
        for layer in layers[:convolutions]:
            information = ET.Element("rt_info")
            ET.SubElement(information, "attribute", {"name": "precise", "version": "0"})
            layer.insert(1, information)  # after <data>
        tree.write(file)
        return core.read_model(file)
