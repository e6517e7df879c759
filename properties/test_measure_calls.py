"""measure: how it is called, what each effort tries, and what it refuses."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify as vf

_measure = functools.partial(vf.measure, effort="quick")


def test_the_same_call_gives_the_same_answer():
    def once(seed):
        found = _measure(jnp.tanh, x=vf.reals(-3.0, 3.0), seed=seed)
        return dataclasses.replace(found, seconds=0.0)

    first = once(1)
    assert first == once(1)
    assert first != once(2)


def test_few_inputs_are_all_tried_and_efforts_differ_in_the_others():
    few = vf.reals(1.0, 1.0 + 2.0**-8)
    assert _measure(jnp.exp, x=few).inputs == 2**15 + 1
    assert _measure(jnp.exp, x=few).is_exhaustive
    assert not _measure(jnp.exp, x=few, exhaustive=False).is_exhaustive
    more = vf.reals(1.0, 1.0 + 2.0**-6)
    assert not _measure(jnp.exp, x=more).is_exhaustive
    thorough = vf.measure(jnp.exp, effort="thorough", x=more)
    assert thorough.is_exhaustive
    assert thorough.inputs == 2**17 + 1
    assert thorough.bound >= _measure(jnp.exp, x=more).ulps


def test_a_bound_holds_where_the_worst_is_not_a_bound():
    sampled = _measure(jnp.sin, x=vf.reals(1.0, 1.125))
    every = _measure(jnp.sin, x=vf.reals(1.0, 1.125), exhaustive=True)
    assert sampled.ulps <= every.ulps <= every.bound


def test_arguments_go_by_name_or_in_order():
    def keywords(*, b, a):
        return a - b * 2

    found = _measure(keywords, dtype="bfloat16", a=vf.reals(1.0, 1.1), b=vf.reals(16.0, 17.0))
    assert found.worst[0].inputs["a"] < 2 < found.worst[0].inputs["b"]
    by_order = _measure(lambda u: u * 1.1, dtype="bfloat16", anything=vf.reals(1.0, 2.0))
    assert set(by_order.worst[0].inputs) == {"anything"}


def test_empty_arrays_are_no_numbers():
    found = _measure(lambda v, x: jnp.sum(v) + x, v=vf.reals(shape=0), x=vf.reals(0.0, 1.0))
    assert found.ulps == 0


count = iter(range(100))
unit = vf.reals(0.0, 1.0)

REFUSED = {
    "no function": (3, {"x": unit}, TypeError, "needs a function, got int 3"),
    "nothing": (lambda x: None, {"x": unit}, ValueError, "needs a function that gives numbers"),
    "no numbers": (lambda x: jnp.zeros(0), {"x": unit}, ValueError, "that gives numbers"),
    "integers": (lambda x: jnp.int32(x), {"x": unit}, TypeError, "gives floats, got int32"),
    "booleans": (lambda x: x > 0, {"x": unit}, TypeError, "gives floats, got bool"),
    "complex": (lambda x: x + 1j, {"x": unit}, TypeError, "gives floats, got complex64"),
    "two dtypes": (
        lambda x: (x, x.astype("float16")), {"x": unit},
        TypeError, "needs outputs of one dtype, got float16, float32",
    ),
    "counts": (
        lambda x: x + next(count), {"x": unit}, ValueError, "needs a pure function, got <lambda>",
    ),
    "draws": (
        lambda x: jnp.sum(x * np.random.default_rng().random(3)), {"x": unit},
        ValueError, "needs a pure function",
    ),
    "branches": (
        lambda x: 1.0 if x > 0 else x, {"x": unit},
        ValueError, r"that JAX can trace, got <lambda>: TracerBoolConversionError at"
        r" .*test_measure_calls.py:\d+: Attempted boolean conversion .*; choose with jnp.where",
    ),
    "raises": (
        lambda x: 1 / 0, {"x": unit},
        ValueError, r"got <lambda>: ZeroDivisionError at .*test_measure_calls.py:\d+: division by",
    ),
    "too many": (lambda x: x, {"x": unit, "y": unit}, ValueError, "takes 1 positional argument"),
    "too few": (lambda x, y: x, {"x": unit}, ValueError, "missing 1 required positional argument"),
    "no variable": (lambda: 1.0, {}, ValueError, "needs a domain for each argument, got none"),
    "no domain": (lambda x: x, {"x": 3.0}, TypeError, "needs a domain for x, got float 3.0"),
    "no float inside": (
        lambda x: x, {"x": vf.reals(1.00001, 1.00002), "dtype": "bfloat16"},
        ValueError, "needs a domain with floats of bfloat16 in it, got x",
    ),
    "vector's gradient": (
        lambda x: jnp.stack([x, x]), {"x": unit, "gradient": True},
        TypeError, "gives one scalar for its gradient, got float32",
    ),
    "pair's gradient": (
        lambda x: (x, x), {"x": unit, "gradient": True}, TypeError, "one scalar for its gradient",
    ),
    "dtype": (lambda x: x, {"x": unit, "dtype": "int32"}, TypeError, "needs a dtype of bfloat16"),
    "complex dtype": (
        lambda x: x, {"x": unit, "dtype": np.complex64}, TypeError, "got complex64",
    ),
    "no dtype": (lambda x: x, {"x": unit, "dtype": None}, TypeError, "needs a dtype of .*got none"),
    "effort": (
        lambda x: x, {"x": unit, "effort": "huge"},
        ValueError, "needs an effort of quick, standard, thorough, got 'huge'",
    ),
    "unhashable effort": (lambda x: x, {"x": unit, "effort": [1]}, ValueError, "needs an effort"),
    "negative seed": (lambda x: x, {"x": unit, "seed": -1}, TypeError, "an integer >= 0, got -1"),
    "boolean seed": (lambda x: x, {"x": unit, "seed": True}, TypeError, ">= 0, got True"),
    "option's name": (
        lambda x, seed: x, {"x": unit, "seed": unit},
        ValueError, "needs variables named unlike its options, got seed",
    ),
    "reference of other shapes": (
        lambda x: x, {"x": unit, "reference": lambda x: jnp.stack([x, x])},
        ValueError, "needs a reference with the outputs of <lambda>",
    ),
    "no reference": (
        lambda x: x, {"x": unit, "reference": 3}, TypeError, "as its reference, got int 3",
    ),
    "too many to try": (
        lambda x, y: x, {"x": vf.reals(), "y": vf.reals(), "exhaustive": True},
        ValueError, "needs at most 2\\^32 inputs to try them all",
    ),
    "arrays to try": (
        lambda p: jnp.sum(p), {"p": vf.simplex(3), "exhaustive": True},
        ValueError, "needs scalar variables to try every input, got p",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_measured_is_refused(name):
    function, options, kind, message = REFUSED[name]
    with pytest.raises(kind, match=f"^measure .*{message}"):
        vf.measure(function, **{"effort": "quick", **options})


def test_a_domain_without_a_name_is_refused_with_the_name_to_give():
    message = "measure needs a domain by the name of its argument, got 1 without; write rate=vf"
    with pytest.raises(TypeError, match=message):
        vf.measure(lambda rate: rate, unit)
    with pytest.raises(TypeError, match=r"got 2 without; write x=vf.reals\(...\), y=vf.reals"):
        vf.measure(3, unit, unit)


def test_what_a_function_prints_is_not_repeated_for_each_time_it_is_looked_at(capsys):
    def telling(x):
        print("here")
        return 2 * x

    _measure(telling, dtype="bfloat16", x=vf.reals(1.0, 2.0))
    # Once to see what it is, and once where JAX compiles it; eager floats are compared, too.
    assert capsys.readouterr().out.count("here") <= 3


def test_what_draws_from_a_key_cannot_be_read():
    with pytest.raises(Exception, match="What is random has no one value: make it an argument"):
        _measure(lambda x: x + jax.random.normal(jax.random.key(0)), x=unit)


def test_an_accuracy_is_no_truth():
    with pytest.raises(TypeError, match="an accuracy has no truth value; compare its ulps"):
        bool(_measure(jnp.exp, dtype="bfloat16", x=vf.reals(1.0, 1.5)))
