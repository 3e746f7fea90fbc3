"""What Triton itself counts."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter

SAMPLE = re.compile(r'(\w+){model="(\w+)"(?:,(?:reason|stage|runner)="(\w+)")?(?:,version="1")?} (\S+)')


def metrics(port: int) -> Counter[tuple[str, ...]]:
    """Return each counter by (name, model) or (name, model, reason, stage or runner); 0 for what was never counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = {tuple(part for part in key if part): float(value) for *key, value in SAMPLE.findall(text)}
    return Counter(found)
