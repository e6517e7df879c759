"""The measured rows behind docs/accuracy.md, one a line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

RESULTS = Path(__file__).parent / "results" / "accuracy.jsonl"


def read() -> dict[str, Row]:
    """All rows, by name."""
    if not RESULTS.exists():
        return {}
    rows = map(json.loads, RESULTS.read_text().splitlines())
    return {row["row"]: row for row in rows}


def write(rows: Mapping[str, Row], order: Sequence[str]) -> None:
    """The rows in their order; those of other names are gone."""
    lines = [json.dumps(rows[name], ensure_ascii=False) for name in order if name in rows]
    RESULTS.parent.mkdir(exist_ok=True)
    part = RESULTS.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n")
    part.replace(RESULTS)
