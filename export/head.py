"""The last layer of a YOLO network as it is exported: it decodes the best candidates only.

ultralytics decodes all anchors (8400 at 640x640) and leaves the choice to the reader. Here the best K are chosen first,
on raw class scores, because the sigmoid keeps their order; box distributions are decoded for those K alone.
"""

from typing import Any

import torch
from torch import Tensor, nn

CANDIDATES = 1000  # per image; COCO's metric reads 100, ultralytics keeps 300 after NMS


class CandidateHead(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """Feature maps -> FP32 [N, K, 6] = cx, cy, width, height in input pixels, score, class; best score first.

    K is the smaller of `CANDIDATES` and the number of anchors. Heads with more to say per anchor (keypoints, mask
    coefficients) gather and decode it in the same way and append columns.
    """

    def __init__(self, detect: Any) -> None:
        """Take over the convolutions of `detect`, a fused ultralytics `Detect`."""
        super().__init__()
        self.detect = detect
        self.register_buffer("bins", torch.arange(detect.reg_max, dtype=torch.float32))

    def forward(self, features: list[Tensor], batch: int, height: int, width: int) -> Tensor:
        """Decode the features of so many pictures of the given size, in pixels.

        The features could tell the numbers, too. But where a graph asks for the shape of what a convolution gives,
        OpenVINO cannot fuse that convolution with what follows.
        """
        branches = self.detect.one2many
        distances = _rows(branches["box_head"], features, batch)  # [N, A, 4 * bins]
        logits = _rows(branches["cls_head"], features, batch)  # [N, A, classes]
        best, index = _top(logits.amax(dim=2))
        boxes = self._decode_boxes(_pick(distances, index), self._anchors(index, height, width))
        # Along the last axis OpenVINO takes 15 times as long for an ArgMax, as much as for the TopK of all anchors.
        classes = _pick(logits, index).transpose(1, 2).argmax(dim=1)
        return torch.cat((boxes, best.sigmoid().unsqueeze(2), classes.float().unsqueeze(2)), dim=2)

    def _decode_boxes(self, distances: Tensor, anchors: Tensor) -> Tensor:
        """Decode distance distributions [N, K, 4 * bins] at anchors [3, N, K] to boxes [N, K, 4].

        Distribution focal loss (arXiv:2006.04388): each side's distance is the expectation over its bins, in strides.
        """
        x, y, stride = anchors.unsqueeze(3)
        shares = distances.unflatten(2, (4, -1)).softmax(dim=3)
        left, top, right, bottom = ((shares * self.bins).sum(dim=3) * stride).split(1, dim=2)
        return torch.cat((x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom), dim=2)

    def _anchors(self, index: Tensor, height: int, width: int) -> Tensor:
        """Return [3, N, K]: x and y of the centre of each anchor's cell and its stride, in input pixels.

        Computed from the anchors' index [N, K]: a table of all of them would be thousands of rows more.
        """
        strides = self.detect.stride.long()
        starts, columns = _levels(strides.tolist(), height, width)
        level = torch.stack([(index >= start).long() for start in starts]).sum(dim=0) - 1
        stride, column_count = strides[level], torch.stack(columns)[level]
        cell = index - torch.stack(starts)[level]
        row = torch.div(cell, column_count, rounding_mode="trunc")  # of what is never negative: one node
        x, y = ((each + 0.5) * stride for each in (cell - row * column_count, row))
        return torch.stack((x, y, stride.float()))


def _rows(heads: Any, features: list[Tensor], batch: int) -> Tensor:
    """Return what the heads, each a sequence of convolutions, give for their feature maps: [N, A, C].

    So OpenVINO's convolutions leave it anyway, on a CPU, and what is read together lies together.
    """
    rows: list[Tensor] = []
    for head, each in zip(heads, features, strict=True):
        channels_last = head(each).permute(0, 2, 3, 1)
        rows.append(channels_last.reshape(batch, -1, head[-1].out_channels))
    return torch.cat(rows, dim=1)


def _levels(strides: list[int], height: int, width: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return, for each feature map, the index of its first anchor and its number of columns.

    Sides are multiples of all strides: no cell reaches over the edge.
    """
    starts, columns = [torch.zeros((), dtype=torch.long)], []
    for stride in strides:
        columns.append(torch.as_tensor(width) // stride)
        starts.append(starts[-1] + torch.as_tensor(height) // stride * columns[-1])
    return starts[:-1], columns


def _top(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best values and their indices, [N, K] each, of [N, A].

    While a graph is traced, sizes are tensors: the minimum must be taken by torch to become a node instead of a number.
    """
    anchors = torch.as_tensor(scores.shape[1])
    values, index = scores.topk(torch.minimum(anchors, torch.tensor(CANDIDATES)), dim=1)
    return values, index


def _pick(rows: Tensor, index: Tensor) -> Tensor:
    """Return the rows [N, K, C] of [N, A, C] at index [N, K].

    As a plain Gather of all pictures' rows: what PyTorch's `gather` becomes, GatherElements, is slow in OpenVINO.
    """
    images, anchors, channels = (torch.as_tensor(size) for size in rows.shape)
    places = torch.arange(images).view(-1, 1) * anchors + index
    return rows.reshape(-1, rows.shape[2]).index_select(0, places.flatten()).view(images, -1, channels)
