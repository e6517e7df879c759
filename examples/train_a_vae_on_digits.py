"""Train a VAE on handwritten digits, and look at the two terms of its ELBO exactly.

    pip install 'verify-jax[train]'
    python examples/train_a_vae_on_digits.py

The KL and the reconstruction of one digit stand beside their exact values at the very floats
of the trained model; the ELBO of all digits beside the importance-weighted bound, which is over it.
"""

import math

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.functions import binary_cross_entropy, gaussian_kl_to_standard_from_log_variance
from verify.models import (
    digits,
    fit,
    initial_vae,
    minibatches,
    vae_bound,
    vae_decode,
    vae_elbo,
    vae_encode,
)

LATENT = 8


def loss(model, key, x):
    """-E ELBO, with a Bernoulli decoder."""
    return -jnp.mean(vae_elbo(model, x, jax.random.normal(key, (len(x), LATENT))))


def show(step, metrics):
    print(f"step {step:5,}: {-float(jnp.mean(metrics['loss'])):.2f} nats")


def exact_kl(mean, log_variance):
    """Σ (m² + e^t - 1 - t)/2, the definition, to 20 digits at these floats."""
    terms = [vf.exact(lambda m, t: (m**2 + jnp.exp(t) - 1 - t) / 2, float(m), float(t), digits=20)
             for m, t in zip(mean, log_variance, strict=True)]  # fmt: skip
    return math.fsum(map(float, terms))


def exact_reconstruction(logits, x):
    """-Σ (log(1 + e^h) - x h), the definition, to 20 digits at these floats."""
    terms = [vf.exact(lambda h, x: jnp.log(1 + jnp.exp(h)) - x * h, float(h), float(p), digits=20)
             for h, p in zip(logits, x, strict=True)]  # fmt: skip
    return -math.fsum(map(float, terms))


def main(steps: int = 2_000) -> None:
    images = digits().points
    model = initial_vae(jax.random.key(0), features=64, latent=LATENT, hidden=[128])
    trained = fit(
        loss, model, optax.adam(1e-3), minibatches(images, 128),
        key=jax.random.key(1), steps=steps, progress=show, every=max(steps // 4, 1),
    ).parameters  # fmt: skip

    x = images[0]
    q = vae_encode(trained, x)
    logits = vae_decode(trained, q.mean)
    kl = float(jnp.sum(gaussian_kl_to_standard_from_log_variance(q.mean, q.log_variance)))
    rebuilt = -float(jnp.sum(binary_cross_entropy(logits, x)))
    exactly = exact_kl(q.mean, q.log_variance), exact_reconstruction(logits, x)
    print(f"of one digit: KL {kl:.6f} nats, exactly {exactly[0]:.6f}")
    print(f"of one digit: reconstruction {rebuilt:.6f} nats, exactly {exactly[1]:.6f}")

    noise = jax.random.normal(jax.random.key(2), (64, len(images), LATENT))
    elbo = jnp.mean(jax.vmap(lambda noise: vae_elbo(trained, images, noise))(noise))
    bound = jnp.mean(vae_bound(trained, images, noise))
    print(f"of all: ELBO {elbo:.2f} <= importance-weighted bound {bound:.2f} nats")


if __name__ == "__main__":
    main()
