"""How fast are the Gaussian KL and the discriminator's loss, with gradients, element by element?

In float32. The KL of N(μ₁, σ₁²) from N(μ₂, σ₂²), its mean with the gradient in all four; the mean
of -log σ(a) - log(1 - σ(b)) over logits, and its gradient. The textbook's forms round where
they cancel: what they save in time they lose in digits (docs/accuracy.md).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.records import Plain, Program, Race, Size, Work
from verify.functions import discriminator_loss, gaussian_kl


def gaussians(size: Size) -> list[np.ndarray]:
    """μ₁, σ₁, μ₂, σ₂."""
    rng, n = np.random.default_rng(0), size["elements"]
    normal = lambda: rng.standard_normal(n, np.float32)
    return [normal(), np.exp(normal() / 2), normal(), np.exp(normal() / 2)]


def logits(size: Size) -> list[np.ndarray]:
    rng, n = np.random.default_rng(0), size["elements"]
    return [3 * rng.standard_normal(n, np.float32) for _ in range(2)]


def textbook_kl(mu_1: Any, sigma_1: Any, mu_2: Any, sigma_2: Any) -> Any:
    m, ratio = (mu_1 - mu_2) / sigma_2, sigma_1 / sigma_2
    return (m**2 + ratio**2 - 1) / 2 - jnp.log(ratio)


def textbook_loss(a: Any, b: Any) -> Any:
    return -jnp.mean(jax.nn.log_sigmoid(a)) - jnp.mean(jax.nn.log_sigmoid(-b))


def optax_loss(a: Any, b: Any) -> Any:
    by_optax = optax.losses.sigmoid_binary_cross_entropy
    return jnp.mean(by_optax(a, jnp.ones_like(a))) + jnp.mean(by_optax(b, jnp.zeros_like(b)))


def numpyro_kl(*arguments: Any) -> Any:
    from numpyro.distributions import Normal, kl_divergence

    return kl_divergence(Normal(*arguments[:2]), Normal(*arguments[2:]))


def torch_kl(*arguments: Any) -> Any:
    from torch.distributions import Normal, kl_divergence

    at = {"validate_args": False}
    return kl_divergence(Normal(*arguments[:2], **at), Normal(*arguments[2:], **at))


def torch_loss(a: Any, b: Any) -> Any:
    import torch

    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return loss(a, torch.ones_like(a)) + loss(b, torch.zeros_like(b))


Inputs = Callable[[Size], list[np.ndarray]]


def value(function: Callable[..., Any], inputs: Inputs) -> Callable[[Size], Program]:
    return lambda size: Program(function, tuple(map(jnp.asarray, inputs(size))))


def gradient(function: Callable[..., Any], inputs: Inputs) -> Callable[[Size], Program]:
    """The mean and its gradient, times the number of elements."""

    def scaled(*arguments: Any) -> Any:
        total = lambda *arguments: jnp.mean(function(*arguments))
        found, slopes = jax.value_and_grad(total, tuple(range(len(arguments))))(*arguments)
        return found, [arguments[0].size * slope for slope in slopes]

    return lambda size: Program(scaled, tuple(map(jnp.asarray, inputs(size))))


def torch_value(function: Callable[..., Any], inputs: Inputs) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        import torch

        arguments = list(map(torch.tensor, inputs(size)))

        def run() -> Any:
            with torch.no_grad():
                return function(*arguments)

        return Plain(run, lambda result: result.numpy())

    return make


def torch_gradient(function: Callable[..., Any], inputs: Inputs) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        import torch

        arguments = [torch.tensor(x, requires_grad=True) for x in inputs(size)]

        def run() -> Any:
            found = function(*arguments).mean()
            return found.detach(), torch.autograd.grad(found * arguments[0].numel(), arguments)

        return Plain(run, lambda result: [result[0].numpy(), *(x.numpy() for x in result[1])])

    return make


def work(arrays: int, arithmetic: int, transcendentals: int) -> Callable[[Size], Work]:
    """Of float32 arrays that go in and come out, and operations of an element."""
    return lambda size: Work(
        arithmetic=float(arithmetic * size["elements"]),
        transcendentals=float(transcendentals * size["elements"]),
        bytes=4.0 * arrays * size["elements"],
    )


def _race(
    name: str,
    make: Callable[..., Any],
    by_torch: Callable[..., Any],
    functions: tuple[dict[str, Any], dict[str, Any], Any, Inputs],
    least: Callable[[Size], Work],
) -> Race:
    ours, others, its, inputs = functions
    return Race(
        name,
        "elements",
        lambda size: size["elements"],
        {label: make(function, inputs) for label, function in ours.items()},
        SMALL,
        REST,
        least,
        peers={label: make(function, inputs) for label, function in others.items()}
        | {"PyTorch": by_torch(its, inputs)},
    )


SMALL = tuple({"elements": n} for n in (10**4, 10**6))
REST = tuple({"elements": n} for n in (10**3, 10**5, 10**7, 10**8))
_KL = (
    {"verify": gaussian_kl, "textbook JAX": textbook_kl}, {"numpyro": numpyro_kl},
    torch_kl, gaussians,
)  # fmt: skip
_GAN = (
    {"verify": discriminator_loss, "textbook JAX": textbook_loss, "optax": optax_loss}, {},
    torch_loss, logits,
)  # fmt: skip
RACES = (
    _race("Gaussian KL", value, torch_value, _KL, work(5, 9, 1)),
    _race("Gaussian KL, gradient", gradient, torch_gradient, _KL, work(8, 20, 1)),
    _race("discriminator loss", value, torch_value, _GAN, work(2, 6, 4)),
    _race("discriminator loss, gradient", gradient, torch_gradient, _GAN, work(4, 12, 4)),
)
