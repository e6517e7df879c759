"""The README's tables are those of the catalogue."""

import re
from pathlib import Path

from verify.checks.collect import collect

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_has_a_row_for_each_statement_of_the_notes_with_its_verdict():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (holds|refuted) \| (\w+) \|", README.read_text(), re.M)
    claims = collect(["verify.catalogue"]).claims.values()
    notes = {c.name: c.holds for c in claims if c.source.startswith("Notes")}
    assert {name: expected == "holds" for name, expected, _ in rows} == notes
    assert all(expected == status for _, expected, status in rows)
