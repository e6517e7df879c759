"""What is compared on docs/accuracy.md: functions, the domains they share, code that computes them.

All code of a subject is judged against one exact function: ours, as it is read in the reals, or
where we have none a definition that intervals read tightly.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.scipy import special, stats

import verify as vf
from verify import functions as ours
from verify.claims.domain import Domain

Function = Callable[..., Any]


class Subject(NamedTuple):
    """A function of mathematics, and code for it.

    Attributes:
        name: of ours, or where we have none of the mathematics.
        formula: what it is.
        domains: of its arguments, in order.
        peers: code of others by its name; names of modules are those of their libraries.
        exact: what all are judged against.
        is_ours: whether `exact` is a function of `verify.functions` and is judged too.
    """

    name: str
    formula: str
    domains: Mapping[str, Domain]
    peers: Mapping[str, Function]
    exact: Function
    is_ours: bool

    @property
    def codes(self) -> dict[str, Function]:
        """Everything that is judged, by name."""
        own = {f"verify.functions.{self.name}": self.exact} if self.is_ours else {}
        return own | dict(self.peers)


def subjects() -> dict[str, Subject]:
    """All of them, by name."""
    every = [*_logistic(), *_logarithms(), *_discriminator(), *_gaussian(), *_arrays(), *_others()]
    return {subject.name: subject for subject in every}


def primitives() -> dict[str, Subject]:
    """Those of JAX's published table, each judged against itself read in the reals."""
    every, positive, unit = vf.reals(), vf.reals(0.0), vf.reals(-1.0, 1.0)
    domains = {
        "exp": every, "expm1": every, "log": positive, "log1p": vf.reals(-1.0), "logistic": every,
        "tanh": every, "erf": every, "erfc": every, "erf_inv": unit,
    }  # fmt: skip
    return {
        f"lax.{name}": Subject(f"lax.{name}", name, {"x": domain},
                               {f"jax.lax.{name}": getattr(jax.lax, name)},
                               getattr(jax.lax, name), False)
        for name, domain in domains.items()
    }  # fmt: skip


def _own(name: str, formula: str, domains: Mapping[str, Any], **peers: Any) -> Subject:
    return Subject(name, formula, domains, peers.get("peers", {}), getattr(ours, name), True)


def _logistic() -> list[Subject]:
    x = {"x": vf.reals()}
    return [
        _own("sigmoid", "1/(1 + exp(-x))", x, peers={
            "jax.nn.sigmoid": jax.nn.sigmoid,
            "jax.scipy.special.expit": special.expit,
            "1 / (1 + exp(-x))": lambda x: 1 / (1 + jnp.exp(-x)),
        }),
        _own("shifted_sigmoid", "1/(1 + exp(-x)) - 1/2", x, peers={
            "jax.nn.sigmoid(x) - 0.5": lambda x: jax.nn.sigmoid(x) - 0.5,
            "0.5 * jax.numpy.tanh(0.5 * x)": lambda x: 0.5 * jnp.tanh(0.5 * x),
        }),
        _own("log_sigmoid", "-log(1 + exp(-x))", x, peers={
            "jax.nn.log_sigmoid": jax.nn.log_sigmoid,
            "log(jax.nn.sigmoid(x))": lambda x: jnp.log(jax.nn.sigmoid(x)),
        }),
        _own("softplus", "log(1 + exp(x))", x, peers={
            "jax.nn.softplus": jax.nn.softplus,
            "log(1 + exp(x))": lambda x: jnp.log(1 + jnp.exp(x)),
            "log1p(exp(x))": lambda x: jnp.log1p(jnp.exp(x)),
        }),
        _own("tanh", "tanh x", x, peers={"jax.numpy.tanh": jnp.tanh}),
        _own("log_cosh", "log cosh x", x, peers={
            "optax.losses.log_cosh": optax.losses.log_cosh,
            "log(cosh(x))": lambda x: jnp.log(jnp.cosh(x)),
        }),
    ]  # fmt: skip


def _logarithms() -> list[Subject]:
    x = {"x": vf.reals()}
    return [
        _own("log1mexp", "log(1 - exp(x))", {"x": vf.reals(high=0.0)}, peers={
            "jax.nn.log1mexp(-x)": lambda x: jax.nn.log1mexp(-x),
            "log(1 - exp(x))": lambda x: jnp.log(1 - jnp.exp(x)),
            "log1p(-exp(x))": lambda x: jnp.log1p(-jnp.exp(x)),
        }),
        _own("xlogy", "x log y", {"x": vf.reals(), "y": vf.positives()}, peers={
            "jax.scipy.special.xlogy": special.xlogy,
            "where(x == 0, 0, x * log(y))": lambda x, y: jnp.where(x == 0, 0.0, x * jnp.log(y)),
        }),
        _own("log1p_excess", "x - log(1 + x)", {"x": vf.reals(-1.0)}, peers={
            "x - log1p(x)": lambda x: x - jnp.log1p(x),
        }),
        _own("expm1_excess", "exp(x) - 1 - x", x, peers={
            "expm1(x) - x": lambda x: jnp.expm1(x) - x,
            "exp(x) - 1 - x": lambda x: jnp.exp(x) - 1 - x,
        }),
    ]  # fmt: skip


def _discriminator() -> list[Subject]:
    h = {"logit": vf.reals()}
    densities = {"p_data": vf.positives(), "p_model": vf.positives()}
    logs = {"log_p_data": vf.reals(), "log_p_model": vf.reals()}
    entropy = optax.losses.sigmoid_binary_cross_entropy
    return [
        _own("binary_cross_entropy", "-y log σ(x) - (1 - y) log(1 - σ(x))",
             {"logits": vf.reals(), "targets": vf.reals(0.0, 1.0)}, peers={
            "optax.losses.sigmoid_binary_cross_entropy": entropy,
            "-numpyro.distributions.BernoulliLogits.log_prob": _bernoulli_loss,
            "-y log(σ(x)) - (1 - y) log(1 - σ(x))": _entropy_as_it_stands,
        }),
        _own("minimax_loss", "log(1 - σ(h))", h, peers={
            "jax.nn.log_sigmoid(-h)": lambda logit: jax.nn.log_sigmoid(-logit),
            "log(1 - jax.nn.sigmoid(h))": lambda logit: jnp.log(1 - jax.nn.sigmoid(logit)),
        }),
        _own("non_saturating_loss", "-log σ(h)", h, peers={
            "optax.losses.sigmoid_binary_cross_entropy(h, 1)": lambda logit: entropy(logit, 1.0),
            "-log(jax.nn.sigmoid(h))": lambda logit: -jnp.log(jax.nn.sigmoid(logit)),
        }),
        _own("reverse_kl_loss", "log(1 - σ(h)) - log σ(h)", h, peers={
            "log(1 - σ(h)) - log(σ(h))":
                lambda logit: jnp.log(1 - jax.nn.sigmoid(logit)) - jnp.log(jax.nn.sigmoid(logit)),
        }),
        _own("optimal_discriminator", "p/(p + q)", densities, peers={
            "p / (p + q)": lambda p_data, p_model: p_data / (p_data + p_model),
        }),
        _own("optimal_discriminator_from_logs", "σ(a - b)", logs, peers={
            "jax.nn.sigmoid(a - b)":
                lambda log_p_data, log_p_model: jax.nn.sigmoid(log_p_data - log_p_model),
            "jax.nn.softmax([a, b])[0]": lambda *logs: jax.nn.softmax(jnp.stack(logs))[0],
        }),
        _own("optimal_logit", "log(p/q)", densities, peers={
            "log(p / q)": lambda p_data, p_model: jnp.log(p_data / p_model),
            "log(p) - log(q)": lambda p_data, p_model: jnp.log(p_data) - jnp.log(p_model),
        }),
    ]  # fmt: skip


def _entropy_as_it_stands(logits: Any, targets: Any) -> Any:
    p = jax.nn.sigmoid(logits)
    return -targets * jnp.log(p) - (1 - targets) * jnp.log(1 - p)


def _bernoulli_loss(logits: Any, targets: Any) -> Any:
    import numpyro.distributions as peers

    return -peers.BernoulliLogits(logits).log_prob(targets)


def _gaussian() -> list[Subject]:
    first = {"mu_1": vf.reals(), "sigma_1": vf.positives()}
    two = first | {"mu_2": vf.reals(), "sigma_2": vf.positives()}
    one = {"mu": vf.reals(), "sigma": vf.positives()}
    kl, log_prob, entropy = _normal_kl, _normal_log_prob, _normal_entropy
    return [
        _own("normal_density", "N(z; μ, σ²)", {"z": vf.reals()} | one, peers={
            "jax.scipy.stats.norm.pdf": stats.norm.pdf,
            "exp(numpyro.distributions.Normal.log_prob)": lambda *a: jnp.exp(log_prob(*a)),
        }),
        _own("normal_log_density", "log N(z; μ, σ²)", {"z": vf.reals()} | one, peers={
            "jax.scipy.stats.norm.logpdf": stats.norm.logpdf,
            "numpyro.distributions.Normal.log_prob": log_prob,
        }),
        _own("gaussian_entropy", "log(2πe σ²)/2", {"sigma": vf.positives()}, peers={
            "numpyro.distributions.Normal.entropy": entropy,
        }),
        _own("gaussian_kl", "KL(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²))", two, peers={
            "numpyro.distributions.kl_divergence": kl,
        }),
        _own("gaussian_kl_equal_variance", "(μ₁ - μ₂)²/(2σ²)",
             {"mu_1": vf.reals(), "mu_2": vf.reals(), "sigma": vf.positives()}, peers={
            "numpyro.distributions.kl_divergence, σ twice": lambda m, n, s: kl(m, s, n, s),
        }),
        _own("gaussian_kl_to_standard", "(μ² + σ² - 1)/2 - log σ", one, peers={
            "numpyro.distributions.kl_divergence, to (0, 1)": lambda mu, sigma: kl(
                mu, sigma, jnp.zeros_like(mu), jnp.ones_like(sigma)),
            "(μ² + σ² - 1)/2 - log(σ)": lambda mu, sigma: (mu**2 + sigma**2 - 1) / 2
            - jnp.log(sigma),
        }),
        _own("gaussian_kl_to_standard_from_log_variance", "(μ² + exp(t) - 1 - t)/2",
             {"mu": vf.reals(), "log_variance": vf.reals()}, peers={
            "-0.5 * (1 + t - μ² - exp(t))": lambda mu, log_variance: -0.5
            * (1 + log_variance - mu**2 - jnp.exp(log_variance)),
        }),
        _own("gaussian_wasserstein_1", "W₁(N(μ₁, σ₁²), N(μ₂, σ₂²))", two),
    ]  # fmt: skip


def _normal_kl(mu_1: Any, sigma_1: Any, mu_2: Any, sigma_2: Any) -> Any:
    import numpyro.distributions as peers

    return peers.kl_divergence(peers.Normal(mu_1, sigma_1), peers.Normal(mu_2, sigma_2))


def _normal_log_prob(z: Any, mu: Any, sigma: Any) -> Any:
    import numpyro.distributions as peers

    return peers.Normal(mu, sigma).log_prob(z)


def _normal_entropy(sigma: Any) -> Any:
    import numpyro.distributions as peers

    return peers.Normal(jnp.zeros_like(sigma), sigma).entropy()


def _arrays() -> list[Subject]:
    """Functions of several numbers, at sizes of two or three."""
    p, q = {"p": vf.simplex(3)}, {"q": vf.simplex(3)}
    logits = {"data_logits": vf.reals(shape=(2,)), "model_logits": vf.reals(shape=(2,))}
    values = {"data_values": vf.reals(shape=(2,)), "model_values": vf.reals(shape=(2,))}
    samples = {"x": vf.reals(shape=(2,)), "y": vf.reals(shape=(2,))}
    errors = {"prediction": vf.reals(shape=(2,)), "target": vf.reals(shape=(2,))}
    divergence = lambda p, q: optax.losses.kl_divergence(jnp.log(q), p)
    return [
        _own("categorical_entropy", "-Σ p log p", p, peers={
            "sum(jax.scipy.special.entr(p))": lambda p: jnp.sum(special.entr(p)),
        }),
        _own("categorical_kl", "Σ p log(p/q)", p | q, peers={
            "optax.losses.kl_divergence(log(q), p)": divergence,
            "sum(jax.scipy.special.rel_entr(p, q))": lambda p, q: jnp.sum(special.rel_entr(p, q)),
        }),
        _own("categorical_jsd", "Σ p log(2p/(p + q))/2 + Σ q log(2q/(p + q))/2", p | q, peers={
            "optax.losses.kl_divergence, of the mixture": lambda p, q: (
                divergence(p, (p + q) / 2) + divergence(q, (p + q) / 2)) / 2,
        }),
        _own("categorical_total_variation", "Σ |p - q|/2", p | q, peers={
            "0.5 * sum(abs(p - q))": lambda p, q: 0.5 * jnp.sum(jnp.abs(p - q)),
        }),
        _own("discriminator_loss", "mean(-log σ(a)) + mean(-log(1 - σ(b)))", logits, peers={
            "optax.losses.sigmoid_binary_cross_entropy": lambda a, b: jnp.mean(
                optax.losses.sigmoid_binary_cross_entropy(a, jnp.ones_like(a))) + jnp.mean(
                optax.losses.sigmoid_binary_cross_entropy(b, jnp.zeros_like(b))),
        }),
        _own("critic_loss", "mean(b) - mean(a)", values, peers={
            "mean(b) - mean(a)": lambda a, b: jnp.mean(b) - jnp.mean(a),
        }),
        _own("gradient_penalty", "mean((‖g‖ - 1)²)", {"gradients": vf.reals(shape=(2, 2))}, peers={
            "mean((jax.numpy.linalg.norm(g) - 1)²)": lambda g: jnp.mean(
                (jnp.linalg.norm(g, axis=-1) - 1) ** 2),
        }),
        _own("mean_squared_error", "mean((x - y)²)", errors, peers={
            "mean(optax.losses.squared_error)": lambda a, b: jnp.mean(
                optax.losses.squared_error(a, b)),
        }),
        _own("empirical_wasserstein_1", "W₁ of two samples", samples, peers={
            "mean(abs(sort(x) - sort(y)))": lambda x, y: jnp.mean(
                jnp.abs(jnp.sort(x) - jnp.sort(y))),
        }),
    ]  # fmt: skip


def _others() -> list[Subject]:
    """Functions of the same libraries that we have none of."""
    share, positive = {"x": vf.probabilities()}, {"x": vf.positives()}
    two, pair = {"x": vf.positives(), "y": vf.positives()}, {"x": vf.reals(), "y": vf.reals()}
    gelu = lambda x: x * (special.erfc(-x * 0.5**0.5) / 2)
    by_tanh = lambda x: jax.nn.gelu(x, approximate=True)
    return [
        _theirs("logit", "log(x/(1 - x))", share, _logit, {"jax.scipy.special.logit":
                special.logit}),
        _theirs("logaddexp", "log(exp(x) + exp(y))", pair, _logaddexp, {
            "jax.numpy.logaddexp": jnp.logaddexp,
            "jax.scipy.special.logsumexp([x, y])": lambda x, y: special.logsumexp(
                jnp.stack([x, y])),
        }),
        _theirs("entr", "-x log x", positive, lambda x: -x * jnp.log(x), {
            "jax.scipy.special.entr": special.entr}),
        _theirs("rel_entr", "x log(x/y)", two, lambda x, y: x * ours.optimal_logit(x, y), {
            "jax.scipy.special.rel_entr": special.rel_entr}),
        _theirs("kl_div", "x log(x/y) - x + y", two, _kl_div, {
            "jax.scipy.special.kl_div": special.kl_div}),
        _theirs("gelu", "x Φ(x)", {"x": vf.reals()}, gelu, {
            "jax.nn.gelu(x, approximate=False)": lambda x: jax.nn.gelu(x, approximate=False)}),
        _theirs("gelu by tanh", "x (1 + tanh(√(2/π) (x + 0.044715 x³)))/2", {"x": vf.reals()},
                by_tanh, {"jax.nn.gelu": by_tanh}),
    ]  # fmt: skip


def _theirs(
    name: str, formula: str, domains: Mapping[str, Any], exact: Function, peers: Any
) -> Subject:
    return Subject(name, formula, domains, peers, exact, False)


def _logit(x: Any) -> Any:
    """By atanh near 1/2, where the logarithm is of a number near 1."""
    return jnp.where(abs(x - 0.5) < 0.25, 2 * jnp.arctanh(2 * x - 1), jnp.log(x) - jnp.log1p(-x))


def _logaddexp(x: Any, y: Any) -> Any:
    return jnp.maximum(x, y) + jnp.log1p(jnp.exp(-abs(x - y)))


def _kl_div(x: Any, y: Any) -> Any:
    """x (s - log(1 + s)), s = y/x - 1."""
    s, ratio = (y - x) / x, y / x
    far = s - jnp.log(ratio)
    return x * jnp.where(abs(s) < 0.5, ours.log1p_excess(s), far)
