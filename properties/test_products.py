"""Every product of matrices in the models asks for all digits, and so do those of gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify import models as m
from verify.arithmetic import jaxprs

X, ONES = np.ones(2, np.float32), np.ones((2, 2), np.float32)
FIT = m.PCA(X, np.eye(2, dtype=np.float32), np.float32([3, 2]))
VAE = m.LinearVAE(X, ONES, X, ONES)
GAUSSIAN = m.LinearGaussian(ONES, X, np.float32(0.5))
Q = m.DiagonalGaussian(X, X)
FOUR = np.ones((4, 2, 2), np.float32)
PARAMETERS = m.LSTMParameters(FOUR, FOUR, FOUR[:, 0])
LAYERS = [m.Layer(ONES, X), m.Layer(ONES[:1], X[:1])]
LOGIT = m.Projection(ONES, X)
NETWORKS = m.VAE([m.Layer(np.ones((4, 2), np.float32), np.ones(4, np.float32))], LAYERS[:1])
ELMAN = m.ElmanParameters(ONES, ONES, X)
CRITIC = m.ConditionalCritic(LAYERS[:1], LOGIT, LAYERS[1:])

WITH_PRODUCTS = {
    m.pca: (ONES,),
    m.pca_transform: (FIT, X),
    m.pca_reconstruct: (FIT, X),
    m.pca_squared_error: (FIT, X),
    m.linear_vae_encode: (VAE, X),
    m.linear_vae_decode: (VAE, X),
    m.linear_vae_loss: (VAE, X, np.float32(1)),
    m.linear_gaussian_log_evidence: (GAUSSIAN, X),
    m.linear_gaussian_posterior: (GAUSSIAN, X),
    m.linear_gaussian_elbo: (GAUSSIAN, Q, X),
    m.linear_gaussian_elbo_draw: (GAUSSIAN, Q, X, X),
    m.lstm: (PARAMETERS, ONES),
    m.lstm_cell: (PARAMETERS, None, X),
    m.lstm_gates: (PARAMETERS, X, X),
    m.lstm_gradient: (PARAMETERS, ONES, ONES),
    m.lstm_batch: (PARAMETERS, FOUR),
    m.elman: (ELMAN, ONES),
    m.recurrent_outputs: (m.Recurrent(ELMAN, LAYERS[0]), FOUR),
    m.mlp: (LAYERS, X),
    m.mlp_critic: (LAYERS, X),
    m.mlp_discriminator: (LAYERS, ONES, ONES),
    m.projection_discriminator: (CRITIC, ONES),
    m.vae_encode: (NETWORKS, X),
    m.vae_decode: (NETWORKS, X),
    m.vae_elbo: (NETWORKS, X, X),
    m.vae_bound: (NETWORKS, X, ONES),
    m.spectral_normalised: (LAYERS,),
    m.lipschitz_bound: (LAYERS,),
    m.optimal_projection: (ONES, ONES),
    m.projection_logit: (LOGIT, X, X),
}
WITHOUT_PRODUCTS = {m.clip_weights, m.input_gradients, m.linear_vae_from_pca,
                    m.linear_vae_optimum, m.rnn, m.rnn_gradient}  # fmt: skip
OF_OTHERS = {m.fit, m.play, m.gan_losses, m.wasserstein_losses, m.mlp_generator}
RANDOM = {m.initial_conditional_critic, m.initial_elman, m.initial_linear_vae, m.initial_lstm,
          m.initial_mlp, m.initial_recurrent, m.initial_vae, m.adding_problem, m.digits,
          m.gaussian_factors, m.grid_of_gaussians, m.minibatches, m.ring_of_gaussians,
          m.sine_waves, m.swiss_roll}  # fmt: skip


def precisions(function, *arguments):
    """What each product in a program asks for."""
    program = jaxprs.closed(jax.make_jaxpr(function)(*arguments))
    products = [e for e in jaxprs.all_equations(program) if e.primitive.name == "dot_general"]
    return [product.params["precision"] for product in products]


def slopes(function, *arguments):
    """The gradients of the sum of all results."""
    total = lambda *arguments: sum(map(jnp.sum, jax.tree.leaves(function(*arguments))))
    return jax.grad(total, tuple(range(len(arguments))))(*arguments)


def taking(function):
    """The function of positions, of its options too."""
    if function is m.linear_vae_loss:
        return lambda model, x, scale: function(model, x, scale=scale)
    if function is m.projection_discriminator:
        return lambda critic, x: function(critic, x, m.Labelled(x, np.zeros(2, np.int32)))
    return function


BY_QR = m.linear_gaussian_log_evidence, m.linear_gaussian_posterior
EXACT = {(lax.Precision.HIGHEST, lax.Precision.HIGHEST)}


@pytest.mark.parametrize("function", WITH_PRODUCTS, ids=lambda f: f.__name__)
def test_every_product_asks_for_all_digits(function):
    of_svd = {m.pca, m.lipschitz_bound, m.spectral_normalised}  # without a product of their own
    found = precisions(taking(function), *WITH_PRODUCTS[function])
    assert set(found) == (set() if function in of_svd else EXACT)


@pytest.mark.parametrize(
    "function", [f for f in WITH_PRODUCTS if f not in BY_QR], ids=lambda f: f.__name__
)
def test_every_product_of_a_gradient_asks_for_all_digits(function):
    found = precisions(lambda *a: slopes(taking(function), *a), *WITH_PRODUCTS[function])
    assert set(found) == EXACT


@pytest.mark.parametrize("function", BY_QR, ids=lambda f: f.__name__)
def test_the_rule_of_the_qr_decomposition_takes_its_digits_from_the_context(function):
    with jax.default_matmul_precision("highest"):
        found = precisions(lambda *a: slopes(function, *a), *WITH_PRODUCTS[function])
    assert set(found) == EXACT


def test_the_table_has_every_function_of_the_models():
    public = {f for name, f in vars(m).items() if name[0].islower() and callable(f)}
    assert public == WITH_PRODUCTS.keys() | WITHOUT_PRODUCTS | OF_OTHERS | RANDOM
