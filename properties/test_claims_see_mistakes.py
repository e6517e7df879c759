"""Claims that once held whatever a part of them said: a slip in that part refutes them."""

import importlib
import inspect
import textwrap

import pytest

import verify as vf

FLAT = "f_divergences", "the_conjugate_of_reverse_kl_is_infinite_from_zero"
MOVED = "gaussian_transport", "the_squared_wasserstein_distance_in_the_plane"

SLIPS = [
    pytest.param(*FLAT, "u * t", "0.5 * u * t", id="half of u t"),
    pytest.param(*FLAT, "u * t", "2 * u * t", id="twice u t"),
    pytest.param(*MOVED, "+ shift)", "+ 2 * shift)", id="twice the shift"),
    pytest.param(*MOVED, "+ shift)", ")", id="no shift"),
    pytest.param(*MOVED, "map_ @ z", "z", id="no map"),
]


def rewritten(file, name, old, new):
    """A claim of the catalogue with one part of its source replaced by another."""
    module = importlib.import_module(f"verify.catalogue.{file}")
    function = getattr(module, name).function
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1
    names = dict(vars(module))
    exec(source.replace(old, new), names)
    return names[name]


@pytest.mark.parametrize(("file", "name", "old", "new"), SLIPS)
def test_a_claim_with_a_slip_is_refuted(file, name, old, new):
    verdict = vf.check(rewritten(file, name, old, new), effort="quick")
    assert verdict.status == "refuted"
