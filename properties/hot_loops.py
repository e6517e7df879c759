"""What hot loops do, counted: traces, equations, FLOPs, bytes, and looks of the host at the device.

The counts of JAX's version that wrote them are in hot_loops.json. They are of programs before XLA
makes them faster, so that they are those of any machine.

    python -m properties.hot_loops      # write them anew, after a change that is meant
"""

import collections
import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import (
    counterexample_search,
    divergence_losses,
    float_sweep,
    interval_reading,
    lstm,
    scalar_rnn,
    training_steps,
)
from benchmarks.ball_reading import chain
from benchmarks.records import Plain, Program
from verify.arithmetic import jaxprs
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import entered

FILE = Path(__file__).with_suffix(".json")
_LOOKS = ("__array__", "__float__", "__int__", "__bool__", "item", "tolist")


def programs() -> dict[str, Callable[[], Program]]:
    """The programs of the benchmarks' first contestants at their first sizes."""
    of = (lstm, scalar_rnn, divergence_losses, training_steps)
    races = [race for question in of for race in question.RACES]
    found = {race.name: lambda race=race: _first(race) for race in races}
    for race in lstm.RACES:
        found[f"{race.name}, over batches"] = lambda race=race: race.contestants[
            "verify, lstm_batch"
        ](race.small[0])
    return found | {"intervals, a chain": _in_intervals}


def _first(race: Any) -> Program:
    return next(iter(race.contestants.values()))(race.small[0])


def _in_intervals() -> Program:
    float64 = jaxprs.float64()
    program = INTERVALS.compile(jaxprs.trace(chain(5, jnp.log, jnp.tanh), float64, float64)[0])
    read = jax.vmap(lambda mu, sigma: program(entered(*mu), entered(*sigma)))
    boxes = interval_reading.boxes({"points": 1_000})
    return Program(read, tuple(tuple(map(jnp.asarray, ends)) for ends in boxes))


def host_loops() -> dict[str, Callable[[], Plain]]:
    """Loops of the host around compiled programs."""
    return {
        "search, examples": lambda: counterexample_search.by_search({"examples": 1_000}),
        "sweep of softplus": lambda: float_sweep.block(False)({"log2_inputs": 10}),
    }


def counts_of_program(make: Callable[[], Program], *, x64: bool = False) -> dict[str, int]:
    """Of two calls with arguments of the same shapes."""
    traces = 0
    with jaxprs.x64(x64):
        program = make()

        def counted(*arguments: Any) -> Any:
            nonlocal traces
            traces += 1
            return program.function(*arguments)

        compiled = jax.jit(counted)
        again = jax.tree.map(lambda x: x + 0, program.arguments)
        traced = compiled.trace(*program.arguments)
        cost = traced.lower().cost_analysis() or {}
        compiled.trace(*again)
        equations = collections.Counter(e.primitive.name for e in _equations(traced.jaxpr))
    return {
        "traces": traces,
        "equations": sum(equations.values()),
        "callbacks": sum(n for name, n in equations.items() if "callback" in name),
        "flops": int(cost.get("flops", 0)),
        "transcendentals": int(cost.get("transcendentals", 0)),
        "bytes": int(cost.get("bytes accessed", 0)),
    }


def _equations(program: Any) -> Iterator[Any]:
    """All equations, those of inner programs as well."""
    for equation in getattr(program, "jaxpr", program).eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program):
            if _is_program(inner):
                yield from _equations(inner)


def _is_program(value: Any) -> bool:
    return hasattr(value, "eqns") or hasattr(value, "jaxpr")


def counts_of_host_loop(make: Callable[[], Plain]) -> dict[str, int]:
    """Of a run that is warm: what it compiles, and how often the host looks at an array."""
    loop = make()
    loop.run()
    with counting_looks() as looks, _counting_compilations() as compilations:
        loop.run()
    return {"host transfers": len(looks), "compilations": len(compilations)}


@contextlib.contextmanager
def counting_looks() -> Iterator[list[str]]:
    """The ways in which the host asks JAX's arrays for their numbers, one entry each time.

    NumPy reads the memory of an array on a CPU without asking it, so NumPy is watched as well.
    """
    watched = [(type(jnp.zeros(1)), name) for name in _LOOKS]
    watched += [(np, name) for name in ("asarray", "array")]
    looks: list[str] = []
    with contextlib.ExitStack() as stack:
        for owner, name in watched:
            noting = _noting(getattr(owner, name), name, looks)
            stack.enter_context(mock.patch.object(owner, name, noting))
        yield looks


def _noting(method: Callable[..., Any], name: str, looks: list[str]) -> Callable[..., Any]:
    @functools.wraps(method)
    def noted(*arguments: Any, **options: Any) -> Any:
        if arguments and isinstance(arguments[0], jax.Array):
            looks.append(name)
        return method(*arguments, **options)

    return noted


@contextlib.contextmanager
def _counting_compilations() -> Iterator[list[str]]:
    found: list[str] = []

    def listen(event: str, seconds: float, **_: Any) -> None:
        if event.endswith("backend_compile_duration"):
            found.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield found
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def counts(name: str) -> dict[str, int]:
    """What a loop does."""
    if name in host_loops():
        return counts_of_host_loop(host_loops()[name])
    return counts_of_program(programs()[name], x64=name.startswith("intervals"))


def names() -> list[str]:
    return [*programs(), *host_loops()]


def main() -> None:
    found = {name: counts(name) for name in names()}
    FILE.write_text(json.dumps({"jax": jax.__version__, "loops": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
