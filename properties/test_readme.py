"""The README's tables are those of the catalogue."""

import re
from pathlib import Path

from verify.checks.check import check
from verify.checks.collect import collect
from verify.claims.trial import Trial
from verify.report.markdown import escaped
from verify.report.words import first_line, place

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_has_a_row_for_each_statement_of_the_notes_with_its_verdict():
    text = README.read_text().partition("<!-- verdicts -->")[2]
    claims = collect(["verify.catalogue"]).claims.values()
    notes = [c for c in claims if c.source.startswith("Notes")]
    for claim in notes:
        said = f"{escaped(first_line(claim.statement))} | {escaped(claim.source)}"
        good = "supported" if isinstance(claim, Trial) else "holds"
        end = good if claim.holds else "refuted"
        assert f"| `{claim.name}` | {said} | {end}" in text
    assert len(re.findall(r"^\| `\w+` \|", text, re.M)) == len(notes)
    assert f"\n{len(claims)} claims: {len(claims)} as expected" in text


def test_the_claim_of_accuracy_in_the_readme_ends_as_is_printed_there(tmp_path):
    text = README.read_text()
    code, _, printed = text.partition("# accurate.py\n")[2].partition("```\n")
    file = tmp_path / "accurate.py"
    file.write_text(f"import jax.numpy as jnp\nimport verify as vf\n\n{code}")
    (claim,) = collect([str(file)]).claims.values()
    verdict = check(claim, effort="quick")
    assert f"refuted    {claim.name}  {place(verdict)}\n" in printed
    reason = re.search(r"reason: (.*)…", printed)
    assert reason
    assert verdict.reason.startswith(reason[1])
    assert " at the worst input seen): got " in verdict.reason
