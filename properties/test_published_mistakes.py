"""Published mistakes: every formula is refuted as published, and holds as corrected."""

import published_mistakes
import pytest

import verify as vf

CLAIMS = {name: c for name, c in vars(published_mistakes).items() if isinstance(c, vf.Claim)}
PUBLISHED = [c for name, c in CLAIMS.items() if name.endswith("_as_published")]
CORRECTED = [c for name, c in CLAIMS.items() if name.endswith("_corrected")]


def by_name(claims):
    return pytest.mark.parametrize("claim", claims, ids=lambda claim: claim.name)


def test_there_are_twenty_pairs_each_with_one_domain_and_one_source():
    assert len(CLAIMS) == 40
    assert len(PUBLISHED) == len(CORRECTED) == 20
    for wrong, right in zip(PUBLISHED, CORRECTED, strict=True):
        assert wrong.name.removesuffix("_as_published") == right.name.removesuffix("_corrected")
        assert (wrong.domains, wrong.source) == (right.domains, right.source)
        assert wrong.source
        assert wrong.statement != right.statement
        assert (wrong.holds, right.holds) == (False, True)


@by_name(PUBLISHED)
def test_a_formula_as_published_is_refuted_at_a_point_of_its_domain(claim):
    verdict = vf.check(claim, effort="quick")
    assert (verdict.status, verdict.as_expected) == ("refuted", True), verdict.reason
    assert verdict.counterexample.keys() == claim.domains.keys()
    assert all(claim.domains[name].contains(x) for name, x in verdict.counterexample.items())


@by_name(CORRECTED)
def test_a_corrected_formula_holds(claim):
    verdict = vf.check(claim, effort="quick")
    assert (verdict.status, verdict.as_expected) == ("holds", True), verdict.reason


@pytest.mark.slow
@by_name(PUBLISHED + CORRECTED)
def test_at_standard_effort_a_claim_ends_as_expected(claim):
    verdict = vf.check(claim)
    assert verdict.status == ("holds" if claim.holds else "refuted"), verdict.reason
