from __future__ import annotations

import numpy as np
from ranking import top_k

PROBABILITIES = np.array([0.1, 0.4, 0.1, 0.3, 0.1], np.float32)


def test_the_best_come_first() -> None:
    scores, class_ids = top_k(PROBABILITIES, 2)
    assert class_ids.tolist() == [1, 3]
    assert scores.tolist() == PROBABILITIES[[1, 3]].tolist()


def test_ties_are_in_order_of_the_class() -> None:
    assert top_k(PROBABILITIES, 4)[1].tolist() == [1, 3, 0, 2]


def test_more_than_there_are() -> None:
    assert len(top_k(PROBABILITIES, 100)[0]) == 5
