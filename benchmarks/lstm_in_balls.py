"""How long does a long recurrence take in balls, and how many digits has it there?

The mean squared error of an LSTM of hidden size 16 over 100 steps, and its gradient in all
1,344 parameters by jax.grad, read at 128 bits and twice as many until every number is known
to 53 bits. Then how far float64 is from it: the largest difference over the largest entry of
the gradient, and entry by entry.

    python -m benchmarks.lstm_in_balls
"""

import time
from collections.abc import Callable

import jax
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.constants import exact
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading
from verify.functions import mean_squared_error
from verify.models import LSTMParameters, lstm

STEPS, HIDDEN, INPUTS = 100, 16, 4
BITS = 128, 256, 512, 1024, 2048, 4096


def value_and_gradient(W, U, b, xs, ys):
    loss = lambda parameters: mean_squared_error(lstm(parameters, xs).h, ys)
    value, gradient = jax.value_and_grad(loss)(LSTMParameters(W, U, b))
    return value, *gradient


def arguments() -> list[np.ndarray]:
    """Weights that keep the size of what they multiply; inputs and targets of size one."""
    rng = np.random.default_rng(0)
    normal = lambda scale, *shape: scale * rng.normal(size=shape)
    return [
        normal(INPUTS**-0.5, 4, HIDDEN, INPUTS),
        normal(HIDDEN**-0.5, 4, HIDDEN, HIDDEN),
        normal(1.0, 4, HIDDEN),
        normal(1.0, STEPS, INPUTS),
        normal(1.0, STEPS, HIDDEN),
    ]


def in_floats(numbers: list[np.ndarray]) -> np.ndarray:
    """The loss and its gradient in one vector, by XLA."""
    with jaxprs.x64():
        results = jax.jit(value_and_gradient)(*numbers)
        return np.concatenate([np.ravel(x) for x in results])


def in_balls(numbers: list[np.ndarray]) -> tuple[np.ndarray, dict[str, float]]:
    """The same in balls of at least 53 bits, and the seconds that it took."""
    seconds: dict[str, float] = {}
    shapes = [jaxprs.float64(x.shape) for x in numbers]
    program = timed(
        seconds, "compiled", lambda: BALLS.compile(jaxprs.trace(value_and_gradient, *shapes)[0])
    )
    balls = [np.vectorize(lambda x: exact(float(x)), otypes=[object])(x) for x in numbers]
    for bits in BITS:
        with reading(bits=bits):
            results = timed(seconds, f"{bits} bits", lambda: program(*balls))
        found = np.concatenate([np.ravel(np.asarray(x, object)) for x in results])
        if all(ball.is_finite() and ball.rel_accuracy_bits() >= 53 for ball in found):
            return found, seconds
    raise ArithmeticError(f"lstm_in_balls needs more than {BITS[-1]} bits.")


def timed(seconds: dict[str, float], name: str, function: Callable):
    start = time.perf_counter()
    result = function()
    seconds[name] = time.perf_counter() - start
    return result


def main() -> None:
    numbers = arguments()
    floats, (balls, seconds) = in_floats(numbers), in_balls(numbers)
    for name, value in seconds.items():
        print(f"{name:9} {value:5.2f} s")
    print(f"together  {sum(seconds.values()):5.2f} s, at most 10 wanted")
    middles = np.array([float(ball.mid()) for ball in balls])
    known = min(ball.rel_accuracy_bits() for ball in balls) * np.log10(2)
    gaps = abs(floats - middles)
    print(f"balls known to {known:.0f} digits; {len(balls) - 1} parameters")
    print(f"float64 to {-np.log10(max(gaps[1:]) / max(abs(middles[1:]))):.1f} digits, 12 wanted")
    print(f"entry by entry {-np.log10(max(gaps / abs(middles))):.1f} digits")


if __name__ == "__main__":
    main()
