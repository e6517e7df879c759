"""How long does a layer of LSTM take, forward and with its gradient, beside PyTorch and flax?

Sequences in a batch, float32, on the CPU: all hidden states, and the gradient of Σ h²/2 in the
parameters and the inputs. lstm_batch and flax's are compiled, PyTorch's is torch.nn.LSTM in the
layout that it prefers. Results are compared first. Then the runs are interleaved; wall time is
what a user waits, and the time of all cores says more where the machine is busy. Each ratio is
of medians, ours over theirs: under 1, ours is faster.

    python -m benchmarks.lstm_beside_torch [--threads N] [--rounds N] [BATCH,STEPS,INPUTS,HIDDEN …]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

SIZES = (
    (64, 128, 64, 256),
    (1, 32, 64, 16),
    (1, 128, 64, 128),
    (1, 128, 64, 512),
    (16, 128, 64, 16),
    (16, 128, 64, 128),
    (16, 32, 64, 512),
    (64, 512, 64, 64),
    (256, 32, 64, 16),
    (256, 32, 64, 128),
    (256, 32, 64, 512),
)
# Sums of some hundred products of floats of 24 bits, over some hundred steps.
WITHIN = 1e-4


class Size(NamedTuple):
    """Of a batch of sequences and a layer."""

    batch: int
    steps: int
    inputs: int
    hidden: int


def contenders(size: Size) -> tuple[dict[str, Callable], dict[str, Callable]]:
    """By name, what gives the hidden states, and what gives the gradients; batch first."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from verify.models import LSTMParameters, lstm_batch

    rng = np.random.default_rng(0)
    shapes = ((4, size.hidden, size.inputs), (4, size.hidden, size.hidden), (4, size.hidden))
    scale = size.hidden**-0.5
    W, U, b = (rng.uniform(-scale, scale, shape).astype(np.float32) for shape in shapes)
    x = rng.normal(size=size[:3]).astype(np.float32)
    at = jax.tree.map(jnp.asarray, (LSTMParameters(W, U, b), x))
    forward, gradient = by_torch(LSTMParameters(W, U, b), x, size)
    states, slopes = {"torch": forward}, {"torch": gradient}
    ours = {
        "ours": lambda p, x: lstm_batch(p, x).h,
        "ours, states": lambda p, x: lstm_batch(p, x, store="states").h,
        "flax": by_flax(size),
    }
    for name, run in ours.items():
        if run is not None:
            slope = jax.grad(lambda p, x, run=run: jnp.sum(run(p, x) ** 2) / 2, (0, 1))
            states[name], slopes[name] = compiled(run, at), compiled(slope, at)
    del states["ours, states"]
    return states, slopes


def compiled(function: Callable, at: tuple) -> Callable:
    import jax

    program = jax.jit(function).lower(*at).compile()
    return lambda: jax.block_until_ready(program(*at))


def by_torch(parameters: Any, x: Any, size: Size) -> tuple[Callable, Callable]:
    """The states and the gradients of torch.nn.LSTM, whose gates are i, f, candidate, o."""
    import torch

    layer, order = torch.nn.LSTM(size.inputs, size.hidden), [1, 0, 3, 2]
    rows = [torch.tensor(value[order].reshape(4 * size.hidden, -1)) for value in parameters]
    with torch.no_grad():
        layer.weight_ih_l0.copy_(rows[0])
        layer.weight_hh_l0.copy_(rows[1])
        layer.bias_ih_l0.copy_(rows[2][:, 0])
        layer.bias_hh_l0.zero_()
    first = torch.tensor(x).transpose(0, 1).contiguous()
    inputs = first.clone().requires_grad_(True)

    def forward() -> Any:
        with torch.no_grad():
            return layer(first)[0].transpose(0, 1)

    def gradient() -> Any:
        layer.zero_grad(set_to_none=True)
        inputs.grad = None
        (layer(inputs)[0].square().sum() / 2).backward()
        found = layer.weight_ih_l0.grad, layer.weight_hh_l0.grad, layer.bias_ih_l0.grad
        shaped = [g.reshape(v.shape)[order] for g, v in zip(found, parameters, strict=True)]
        return (*shaped, inputs.grad.transpose(0, 1))

    return forward, gradient


def by_flax(size: Size) -> Callable | None:
    """The states of flax's faster cell as a function of our parameters, where flax is there."""
    try:
        from flax import nnx
    except ModuleNotFoundError:
        return None
    import jax.numpy as jnp

    def run(parameters: Any, x: Any) -> Any:
        cell = nnx.OptimizedLSTMCell(size.inputs, size.hidden, rngs=nnx.Rngs(0), keep_rngs=False)
        W, U, b = (value[jnp.array([1, 0, 3, 2])] for value in parameters)
        cell.dense_i.kernel[...] = W.reshape(-1, size.inputs).T
        cell.dense_h.kernel[...] = U.reshape(-1, size.hidden).T
        cell.dense_h.bias[...] = b.reshape(-1)
        zero = jnp.zeros((size.batch, size.hidden))
        return nnx.RNN(cell, rngs=False)(x, initial_carry=(zero, zero))

    return run


def compare(runs: dict[str, Callable]) -> None:
    """An error unless all give the same numbers but for rounding."""
    import jax
    import numpy as np

    wanted = [np.asarray(x) for x in jax.tree.leaves(runs["torch"]())]
    for name, run in runs.items():
        for got, right in zip(map(np.asarray, jax.tree.leaves(run())), wanted, strict=True):
            gap = np.max(abs(got - right)) / np.max(abs(right))
            assert gap <= WITHIN, f"{name} is off by {gap:.1e}"


def race(runs: dict[str, Callable], rounds: int) -> dict[str, tuple[float, float]]:
    """Medians of wall time and of the time of all cores, in seconds."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            wall, cores = time.perf_counter(), time.process_time()
            run()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cores))
    return {
        name: tuple(map(statistics.median, zip(*values, strict=True)))
        for name, values in taken.items()
    }


def report(what: str, size: Size, times: dict[str, tuple[float, float]]) -> None:
    wall, cores = times["ours"]
    print(f"{what} {','.join(map(str, size))}: {1e3 * wall:.2f} ms, cores {1e3 * cores:.2f} ms")
    for name, (other_wall, other_cores) in times.items():
        if name != "ours":
            print(
                f"    over {name:12}  wall {wall / other_wall:.2f}  cores {cores / other_cores:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("sizes", nargs="*", default=[",".join(map(str, size)) for size in SIZES])
    given = parser.parse_args()
    # XLA takes its number of threads from the cores that it may run on.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    import torch

    torch.set_num_threads(given.threads)
    print(f"torch {torch.__version__}, {given.threads} threads, medians of {given.rounds}")
    for text in given.sizes:
        size = Size(*map(int, text.split(",")))
        for what, runs in zip(("forward", "gradient"), contenders(size), strict=True):
            compare(runs)
            report(what, size, race(runs, given.rounds))


if __name__ == "__main__":
    main()
