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
        """Take over the convolutions of `detect`, a fused ultralytics `Detect`, and its place in the network."""
        super().__init__()
        self.f, self.i, self.type = detect.f, detect.i, detect.type
        self.detect = detect
        self.register_buffer("bins", torch.arange(detect.reg_max, dtype=torch.float32))

    def forward(self, features: list[Tensor]) -> Tensor:
        raw = self.detect.forward_head(features, **self.detect.one2many)
        distances, logits = raw["boxes"], raw["scores"]  # [N, 4 * bins, A], [N, classes, A]
        best, index = _top(logits.amax(dim=1))
        boxes = self._decode_boxes(_pick(distances, index), self._anchors(features)[:, index])
        classes = _pick(logits, index).argmax(dim=1, keepdim=True)
        return torch.cat((boxes, best.sigmoid().unsqueeze(1), classes.float()), dim=1).transpose(1, 2)

    def _decode_boxes(self, distances: Tensor, anchors: Tensor) -> Tensor:
        """Decode distance distributions [N, 4 * bins, K] at anchors [3, N, K] to boxes [N, 4, K].

        Distribution focal loss (arXiv:2006.04388): each side's distance is the expectation over its bins, in strides.
        """
        x, y, stride = anchors.unsqueeze(2)
        shares = distances.unflatten(1, (4, -1)).softmax(dim=2)
        left, top, right, bottom = ((shares * self.bins.view(-1, 1)).sum(dim=2) * stride).split(1, dim=1)
        return torch.cat((x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom), dim=1)

    def _anchors(self, features: list[Tensor]) -> Tensor:
        """Return [3, A]: x and y of the centre of each anchor's cell and its stride, in input pixels."""
        strides = self.detect.stride.tolist()
        grids = [_grid(each, stride) for each, stride in zip(features, strides, strict=True)]
        return torch.cat(grids, dim=1)


def _grid(feature: Tensor, stride: float) -> Tensor:
    rows, columns = feature.shape[2:]
    y = ((torch.arange(rows) + 0.5) * stride).unsqueeze(1).expand(rows, columns)
    x = ((torch.arange(columns) + 0.5) * stride).unsqueeze(0).expand(rows, columns)
    return torch.stack((x, y, torch.full_like(x, stride))).flatten(1)


def _top(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best values and their indices, [N, K] each, of [N, A].

    While a graph is traced, sizes are tensors: the minimum must be taken by torch to become a node instead of a number.
    """
    anchors = torch.as_tensor(scores.shape[1])
    values, index = scores.topk(torch.minimum(anchors, torch.tensor(CANDIDATES)), dim=1)
    return values, index


def _pick(channels: Tensor, index: Tensor) -> Tensor:
    """Return the columns [N, C, K] of [N, C, A] at index [N, K]."""
    return channels.gather(2, index.unsqueeze(1).expand(-1, channels.shape[1], -1))
