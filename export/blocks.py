"""Blocks of ultralytics networks, rebuilt for runtimes: the same weights and answers, fewer copies."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn


def without_splits(model: Any) -> None:
    """Rebuild the blocks of a fused ultralytics network in place that split what their first convolution gives.

    A runtime for CPUs makes a split by copying, and in INT8 it cannot round what a convolution gives before it is
    split. Where a block cannot be rebuilt, it splits once instead of slicing twice.
    """
    from ultralytics.nn.modules.block import C2f  # noqa: PLC0415 - only inside the sandbox

    for parent in list(model.modules()):
        for name, block in list(parent.named_children()):
            if isinstance(block, C2f) and type(block).forward is C2f.forward:
                setattr(parent, name, TwoBranches(block))
            elif hasattr(block, "forward_split"):
                block.forward = block.forward_split


class TwoBranches(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """What a `C2f` computes, its first convolution being two: each gives one half of the channels."""

    def __init__(self, block: Any) -> None:
        """Take over the layers of a `C2f` and its place in the network."""
        super().__init__()
        for attribute in ("f", "i", "type"):  # only what stands in a network's list has a place
            if hasattr(block, attribute):
                setattr(self, attribute, getattr(block, attribute))
        self.passed = _part(block.cv1, slice(0, block.c))
        self.worked_on = _part(block.cv1, slice(block.c, 2 * block.c))
        self.bottlenecks, self.last = block.m, block.cv2

    def forward(self, features: Tensor) -> Tensor:
        branches = [self.passed(features), self.worked_on(features)]
        for bottleneck in self.bottlenecks:
            branches.append(bottleneck(branches[-1]))
        return self.last(torch.cat(branches, 1))


def _part(convolution: Any, channels: slice) -> Any:
    """Return a copy of a fused ultralytics `Conv` that gives some of its channels only."""
    part = deepcopy(convolution)
    weight, bias = part.conv.weight.detach()[channels], part.conv.bias.detach()[channels]
    part.conv.weight, part.conv.bias = (nn.Parameter(each.clone(), requires_grad=False) for each in (weight, bias))
    part.conv.out_channels = len(weight)
    return part
