"""Public test data beside the checkout."""

from __future__ import annotations

import json

from .gateway import VECTORS


def load(name: str) -> dict:
    return json.loads((VECTORS / name).read_text())


def named(cases: list[dict]) -> list:
    """pytest parameters with the cases' own names."""
    import pytest

    return [pytest.param(case, id=case["name"]) for case in cases]
