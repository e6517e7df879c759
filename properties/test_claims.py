"""Claims and relations: how they are made, traced and refused."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify as vf
from verify.claims.collecting import Malformed, collecting


def test_a_claim_keeps_its_words():
    @vf.claim(x=vf.reals(), holds=False, source="nobody")
    def something(x):
        """x = x + 1.

        At length.
        """
        return vf.equal(x, x + 1)

    assert something.name == "something"
    assert something.statement == "x = x + 1.\n\nAt length."
    assert something.source == "nobody"
    assert something.id == "test_claims.py::something"
    assert not something.holds


def test_a_claim_is_traced_once_for_many_checks():
    @chex.assert_max_traces(n=1)
    def body(x):
        return vf.equal(jnp.sin(-x), -jnp.sin(x))

    @vf.claim(x=vf.reals())
    def odd(x):
        """sin(-x) = -sin(x)."""
        return body(x)

    assert [vf.check(odd, effort="quick").status for _ in range(2)] == ["holds", "holds"]


def test_a_claim_can_be_called_like_the_function_it_decorates():
    @vf.claim(x=vf.reals())
    def same(x):
        """x = x."""
        return vf.equal(x, x)

    relation = same(x=2.0)
    assert float(relation.left) == 2.0
    assert float(same(3.0).right) == 3.0


def test_a_relation_goes_through_jit_and_vmap():
    relate = lambda x: vf.all_of(vf.less(x, 2 * x), vf.implies(vf.at_most(0, x), vf.equal(x, x)))
    relation = jax.jit(jax.vmap(relate))(jnp.arange(3.0))
    assert relation.relations[0].left.shape == (3,)


def _claim(function, **domains):
    return vf.claim(**domains)(function)


def _named_holds():
    vf.claim(holds=vf.reals())(lambda holds: vf.equal(holds, 0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: _claim(lambda x: None), ValueError,
         r"one domain for each parameter of <lambda> \(x\), got domains for none"),
        (lambda: _claim(lambda x: None, x=vf.reals(), y=vf.reals()), ValueError,
         r"got domains for x, y"),
        (lambda: _claim(lambda x: None, x=3.0), TypeError,
         r"claim needs a domain for x of <lambda>, got float 3.0; use vf.reals"),
        (lambda: _claim(lambda *x: None, x=vf.reals()), ValueError, r"got \* or \*\* in"),
        (lambda: _claim(lambda x, /: None, x=vf.reals()), ValueError, r"got / in"),
        (_named_holds, ValueError, r"got a variable named holds"),
        (lambda: vf.claim(holds=1)(lambda: None), TypeError, r"claim needs holds as a bool, got"),
        (lambda: vf.claim(source=3)(lambda: None), TypeError, r"claim needs source as a str, got"),
        (lambda: vf.equal(jnp.zeros(2), jnp.zeros(3)), ValueError,
         r"equal needs sides of one shape, got \(2,\) and \(3,\)"),
        (lambda: vf.equal({"a": 1.0}, {"b": 1.0}), ValueError, r"equal needs sides of one struct"),
        (lambda: vf.less(1j, 2.0), TypeError, r"less needs real arrays, got dtype complex"),
        (lambda: vf.at_most("a", 2.0), TypeError, r"at_most needs real arrays, got str 'a'"),
        (lambda: vf.implies(True, vf.equal(1, 1)), TypeError,
         r"implies needs a relation as its premise, got bool True"),
        (lambda: vf.implies(vf.equal(1, 1), 3), TypeError,
         r"implies needs a relation as its conclusion, got int 3"),
        (lambda: vf.all_of(), ValueError, r"all_of needs at least one relation, got none"),
        (lambda: vf.all_of(vf.equal(1, 1), 2), TypeError, r"as its relation 2, got int 2"),
        (lambda: vf.less(1, 2) and vf.less(2, 3), TypeError, r"a relation has no truth value"),
        (lambda: bool(vf.check(_fine(), effort="quick")), TypeError, r"a verdict has no truth"),
        (lambda: vf.exact(lambda a: vf.limit(lambda z: a * z, 0.0), 1.0), ValueError,
         r"exact needs a value that is not estimated, got one by a limit"),
        (lambda: vf.constant(0.1), TypeError, r"constant needs a string, got float 0.1"),
        (lambda: vf.constant("x"), ValueError, r"constant needs a decimal or a fraction, got 'x'"),
        (lambda: vf.check(lambda x: x), TypeError, r"check needs a claim, got function"),
        (lambda: vf.check(_fine(), effort="huge"), ValueError,
         r"check needs an effort of quick, standard, thorough, got 'huge'"),
        (lambda: vf.claim(lambda x: x), TypeError, r"claim needs its domains before the function"),
        (lambda: _claim(lambda x: x, x=vf.reals(), hold=False), TypeError, "did you mean holds?"),
        (lambda: vf.equal(1.0, None), TypeError, "got None; does a function lack its return"),
        (lambda: vf.less(jnp.ones(3)[3:], 1.0), ValueError, "less needs entries to compare"),
        (lambda: vf.equal({}, {}), ValueError, "equal needs entries to compare, got none"),
        (lambda: vf.real, AttributeError, "has no attribute 'real'; did you mean reals?"),
        (lambda: vf.check(_fine(), seed=0.5), TypeError, r"check needs a seed that is an integer"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_a_cure(make, error, message):
    with pytest.raises(error, match=message):
        make()


def _fine():
    return _claim(lambda x: vf.equal(x, x), x=vf.reals())


def test_a_malformed_claim_does_not_take_its_neighbours_along_while_collecting():
    with collecting() as found:
        _claim(lambda x: None)
        _fine()
    assert isinstance(found[0], Malformed)
    assert "one domain for each parameter" in found[0].reason
    assert isinstance(found[1], vf.Claim)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda x: x == x, "needs to return a relation, got an array of dtype bool"),
        (lambda x: True, "needs to return a relation, got bool True"),
        (lambda x: 1 / 0, "ZeroDivisionError at "),
        (lambda x: vf.equal(x, jax.random.normal(jax.random.key(0))), "a rule for the primitive"),
        (lambda x: vf.equal(jnp.zeros(2) + x, jnp.zeros(3)), "equal needs sides of one shape"),
        (lambda x: vf.equal(x, jnp.nan), "a side could not be computed"),
        (lambda x: vf.equal(1.0 if x > 0 else 2.0, 1.0), "; choose with jnp.where or jax.lax.cond"),
        (lambda x: vf.equal(np.sin(x), x), "; use jax.numpy in place of numpy."),
        (lambda x: vf.equal(vf.integral(lambda z: 1 / z, 0, 1) + x, x), "an integral diverges"),
        (lambda x: vf.equal(vf.limit(jnp.sin, jnp.inf) + x, x), "a limit does not exist"),
        (lambda x: vf.equal(vf.series(lambda k: 1 / k, 1, jnp.inf) + x, x), "a series diverges"),
        (lambda x: vf.implies(vf.less(1, x * 0), vf.equal(x, 0)), "the premise held at only 0"),
    ],
)
def test_a_claim_that_cannot_be_read_is_undecided_with_its_reason(body, reason):
    verdict = vf.check(_claim(body, x=vf.reals()), effort="quick")
    assert verdict.status == "undecided"
    assert not verdict.as_expected
    assert reason in verdict.reason


def test_the_reason_names_the_line_that_raised():
    def raising(x):
        return vf.equal(jnp.dot(jnp.ones(3), jnp.ones(4)), x)

    reason = vf.check(_claim(raising, x=vf.reals()), effort="quick").reason
    line = raising.__code__.co_firstlineno + 1
    assert reason.startswith("TypeError at ")
    assert f"test_claims.py:{line}: dot_general requires" in reason
    assert "\n" not in reason


def test_a_random_primitive_is_named_with_a_cure():
    random = _claim(lambda x: vf.equal(x, jax.random.normal(jax.random.key(0))), x=vf.reals())
    assert (
        "What is random has no one value: make it an argument"
        in vf.check(random, effort="quick").reason
    )
