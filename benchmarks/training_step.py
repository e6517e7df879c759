"""How long does a training step of a small VAE take, beside the same model in PyTorch?

64 pixels of scikit-learn's digits → 128 → 16 latent dimensions → 128 → 64 logits, batches of 128,
Adam, float32. One process, rounds of each in turn, after one round that is not counted; the median
over rounds of seconds a step, and the ratio. PyTorch is not compiled and runs on one thread.

- "with progress" calls back every 20 steps.
- "by optax's functions" has the loss that one would write without this package.
- "accurate" has verify.functions.binary_cross_entropy, which is right next to its zeros as well.

Checked on the way: steps that are warm trace nothing, and take nothing from the host but what is
put on the device on purpose, the numbers of the first and the last step.

    pip install -e '.[train,peers]'
    python -m benchmarks.training_step
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import chex
import jax
import jax.numpy as jnp
import optax
import torch

from verify.functions import binary_cross_entropy, gaussian_kl_to_standard_from_log_variance
from verify.models import (
    VAE,
    digits,
    fit,
    initial_vae,
    minibatches,
    mlp,
    vae_decode,
    vae_elbo,
    vae_encode,
)

BATCH, HIDDEN, LATENT, RATE = 128, 128, 16, 1e-3
STEPS, ROUNDS = 100, 15


@chex.assert_max_traces(n=2)  # one for each length of chunks
def loss(model: VAE, key: jax.Array, x: jax.Array) -> jax.Array:
    return -jnp.mean(vae_elbo(model, x, jax.random.normal(key, (len(x), LATENT))))


@chex.assert_max_traces(n=1)
def plain_loss(model: VAE, key: jax.Array, x: jax.Array) -> jax.Array:
    m, t = jnp.split(mlp(model.encoder, x), 2, axis=-1)
    logits = mlp(model.decoder, m + jnp.exp(t / 2) * jax.random.normal(key, m.shape))
    missed = jnp.sum(optax.sigmoid_binary_cross_entropy(logits, x), axis=-1)
    return jnp.mean(missed + jnp.sum(jnp.exp(t) + m**2 - 1 - t, axis=-1) / 2)


@chex.assert_max_traces(n=1)
def accurate_loss(model: VAE, key: jax.Array, x: jax.Array) -> jax.Array:
    q = vae_encode(model, x)
    z = q.mean + jnp.exp(q.log_variance / 2) * jax.random.normal(key, q.mean.shape)
    missed = jnp.sum(binary_cross_entropy(vae_decode(model, z), x), axis=-1)
    return jnp.mean(missed + jnp.sum(gaussian_kl_to_standard_from_log_variance(*q), axis=-1))


def jax_steps(loss: Callable, **options: Any) -> Callable[[], float]:
    """Steps by fit; they end with the last loss."""
    key = jax.random.key(0)
    model = initial_vae(key, features=64, latent=LATENT, hidden=[HIDDEN])
    optimizer, batches = optax.adam(RATE), minibatches(digits().points, BATCH)

    def run() -> float:
        found = fit(loss, model, optimizer, batches, key=key, steps=STEPS, **options)
        return jax.block_until_ready(found).metrics["loss"]

    run()
    with jax.transfer_guard("disallow"):
        run()
    return lambda: float(run()[-1])


class Network(torch.nn.Module):
    """The same model."""

    def __init__(self) -> None:
        super().__init__()
        layers = lambda *sizes: torch.nn.Sequential(
            torch.nn.Linear(sizes[0], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, sizes[1])
        )
        self.encoder, self.decoder = layers(64, 2 * LATENT), layers(LATENT, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m, t = self.encoder(x).chunk(2, dim=-1)
        logits = self.decoder(m + torch.exp(t / 2) * torch.randn_like(m))
        missed = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return (missed + (torch.exp(t) + m**2 - 1 - t).sum() / 2) / len(x)


def torch_steps() -> Callable[[], float]:
    """Steps in PyTorch, not compiled."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = torch.tensor(jax.device_get(digits().points))
    model = Network()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)

    def run() -> float:
        for _ in range(STEPS):
            optimizer.zero_grad()
            value = model(data[torch.randint(0, len(data), (BATCH,))])
            value.backward()
            optimizer.step()
        return float(value.detach())

    return run


def main() -> None:
    runs = {
        "fit": jax_steps(loss),
        "fit, with progress": jax_steps(loss, every=20, progress=lambda done, metrics: None),
        "fit, by optax's functions": jax_steps(plain_loss),
        "fit, accurate": jax_steps(accurate_loss),
        "PyTorch": torch_steps(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for count in range(ROUNDS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            last = run()
            if count:
                seconds[name].append((time.perf_counter() - start) / STEPS)
            elif not last < 50:  # nats: 44 are those of fair pixels
                raise ArithmeticError(f"training_step needs a loss that falls, got {last}.")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"jax {jax.__version__}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name, median in medians.items():
        least, most = (1e6 * end(seconds[name]) for end in (min, max))
        ratio = median / medians["PyTorch"]
        print(f"{name:<26} {1e6 * median:8.0f} µs a step ({least:.0f} to {most:.0f}), {ratio:.2f}")


if __name__ == "__main__":
    main()
