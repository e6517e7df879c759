"""Twenty formulas as they were published, wrong, and each as it should read.

The two claims of a pair have one domain and one source (an issue or pull request on GitHub
unless it says otherwise) and differ in one formula. The other side is a definition wherever
there is one: an integral, a series, a derivative.
"""

import functools

import jax
import jax.numpy as jnp
from jax.scipy.special import betaln, digamma, erfc, gammainc, gammaln

import verify as vf


def _from(source, **domains):
    """The decorator of both claims of a pair."""
    return functools.partial(vf.claim, source=source, **domains)


_middle, _scale, _three = vf.reals(-2, 2), vf.reals(0.5, 5), vf.reals(-3, 3, shape=(3,))
_kl = _from("KarenUllrich/Tutorial_BayesianCompressionForDL #1", mean=_middle, log_variance=_middle)
_gain = _from("yanyachen/rBayesianOptimization #10", mean=_middle, best=_middle, deviation=_scale)
_pareto = _from("statrs-dev/statrs #383", scale=_scale, shape=vf.reals(1.5, 10))
_recurrence = _from("VictorEijkhout/TheArtOfHPC_vol1_scientificcomputing #5", n=vf.integers(1, 30))
_upper_gamma = _from("gonum/gonum #1364", a=vf.integers(1, 10), x=_scale)
_matern = _from("haifengl/smile #709", z=vf.reals(0.1, 20))
_inverse_gamma = _from("betanalpha/knitr_case_studies #20", shape=vf.reals(3.5, 10), rate=_scale)
_inverse_gaussian = _from("LaplacesDemonR/LaplacesDemon #31", mean=_scale, shape=_scale)
_segment = _from("sympy/sympy #2975", c=_scale, w=_scale)
_lower_gamma = _from("symengine/symengine #1204", s=vf.integers(1, 10), x=_scale)
_beta = _from("pytorch/pytorch #152845", a=vf.reals(1.1, 20), b=vf.reals(1.1, 20))
_noncentral_f = _from("scipy/scipy #10658", n=vf.reals(1, 10), d=vf.reals(5, 20), c=_scale)
_poisson = _from("scipy/scipy #2728", rate=_scale)
_digamma = _from("ad-si/Woxi #281", x=vf.reals(2, 50))
_csch = _from("Spiegel (1968), Mathematical Handbook, 14.30, by ProofWiki's errata", u=_scale)
_theta = _from(
    "donlelef/vanilla-option-pricing #3", moneyness=_middle, time=_scale, volatility=_scale
)
_softmax = _from("deeplearning4j/libnd4j #440", x=_three, cotangent=_three)
_log_normal = _from("jax-ml/jax #17042", x=_scale)
_gibbs = _from("StanfordDataCompressionClass/notes #9", p=vf.simplex(3), q=vf.simplex(3))
_softplus = _from("brainpy/BrainPy #580", x=vf.reals(-100, 25), beta=vf.reals(0.1, 10))


def _normal_cdf(z):
    return erfc(-z / jnp.sqrt(2.0)) / 2


def _kl_is(closed, mean, log_variance):
    """KL(N(mean, e^w) || N(0, 1)) = closed - 1/2."""
    deviation = jnp.exp(log_variance / 2)

    def weighted_log_ratio(z):
        log_ratio = (z**2 - ((z - mean) / deviation) ** 2 - log_variance) / 2
        return vf.normal_density(z, mean, deviation) * log_ratio

    return vf.equal(vf.integral(weighted_log_ratio, -jnp.inf, jnp.inf), closed - 0.5)


@_kl(holds=False)
def gaussian_kl_as_published(mean, log_variance):
    """KL(N(mean, e^w) || N(0, 1)) = -w + ((e^w)^2 + mean^2)/2 - 1/2."""
    return _kl_is(-log_variance + (jnp.exp(log_variance) ** 2 + mean**2) / 2, mean, log_variance)


@_kl()
def gaussian_kl_corrected(mean, log_variance):
    """KL(N(mean, e^w) || N(0, 1)) = -w/2 + (e^w + mean^2)/2 - 1/2."""
    return _kl_is((-log_variance + jnp.exp(log_variance) + mean**2) / 2, mean, log_variance)


def _improvement_is(spread, mean, best, deviation):
    """E max(Y - best, 0) = (mean - best) Phi(z) + deviation spread(z), Y ~ N(mean, deviation^2)."""
    density = lambda gain: vf.normal_density(best + gain, mean, deviation)
    z = (mean - best) / deviation
    closed = (mean - best) * _normal_cdf(z) + deviation * spread(z)
    return vf.equal(vf.integral(lambda gain: gain * density(gain), 0, jnp.inf), closed)


@_gain(holds=False)
def expected_improvement_as_published(mean, best, deviation):
    """E max(Y - best, 0) = (mean - best) Phi(z) + deviation Phi(z), z = (mean - best)/deviation."""
    return _improvement_is(_normal_cdf, mean, best, deviation)


@_gain()
def expected_improvement_corrected(mean, best, deviation):
    """E max(Y - best, 0) = (mean - best) Phi(z) + deviation phi(z), z = (mean - best)/deviation."""
    return _improvement_is(lambda z: vf.normal_density(z, 0, 1), mean, best, deviation)


def _pareto_entropy(scale, shape):
    def weighted_log_density(x):
        log_density = jnp.log(shape / scale) - (shape + 1) * jnp.log(x / scale)
        return -jnp.exp(log_density) * log_density

    return vf.integral(weighted_log_density, scale, jnp.inf)


@_pareto(holds=False)
def pareto_entropy_as_published(scale, shape):
    """H(Pareto(m, a)) = log(a/m) - 1/a - 1."""
    return vf.equal(_pareto_entropy(scale, shape), jnp.log(shape / scale) - 1 / shape - 1)


@_pareto()
def pareto_entropy_corrected(scale, shape):
    """H(Pareto(m, a)) = log(m/a) + 1/a + 1."""
    return vf.equal(_pareto_entropy(scale, shape), jnp.log(scale / shape) + 1 / shape + 1)


def _moment(n, shift):
    return vf.integral(lambda x: x**n / (x + shift), 0, 1)


@_recurrence(holds=False)
def unstable_recurrence_as_published(n):
    """y_n = 1/n - 5 y_(n-1), where y_n is the integral over [0, 1] of x^n/(x - 5)."""
    return vf.equal(_moment(n, -5), 1 / n - 5 * _moment(n - 1, -5))


@_recurrence()
def unstable_recurrence_corrected(n):
    """y_n = 1/n - 5 y_(n-1), where y_n is the integral over [0, 1] of x^n/(x + 5)."""
    return vf.equal(_moment(n, 5), 1 / n - 5 * _moment(n - 1, 5))


def _gamma_integral(a, low):
    return vf.integral(lambda t: jnp.exp(-t) * t ** (a - 1), low, jnp.inf) / jnp.exp(gammaln(a))


@_upper_gamma(holds=False)
def upper_incomplete_gamma_as_published(a, x):
    """1 - P(a, x) = 1/Gamma(a) times the integral from 0 to infinity of e^-t t^(a-1)."""
    return vf.equal(1 - gammainc(a, x), _gamma_integral(a, 0))


@_upper_gamma()
def upper_incomplete_gamma_corrected(a, x):
    """1 - P(a, x) = 1/Gamma(a) times the integral from x to infinity of e^-t t^(a-1)."""
    return vf.equal(1 - gammainc(a, x), _gamma_integral(a, x))


def _matern_five_halves(z):
    """2^(1-nu)/Gamma(nu) z^nu K_nu(z) at nu = 5/2, K_nu by its integral over the real line."""
    bessel_k = vf.integral(lambda t: jnp.exp(2.5 * t - z * jnp.cosh(t)), -jnp.inf, jnp.inf) / 2
    return jnp.exp(2.5 * jnp.log(z) - 1.5 * jnp.log(2.0) - gammaln(2.5)) * bessel_k


@_matern(holds=False)
def matern_kernel_as_published(z):
    """The Matern kernel of smoothness 5/2 is (1 + z) e^-z, z = sqrt(5) distance/length."""
    return vf.equal(_matern_five_halves(z), (1 + z) * jnp.exp(-z))


@_matern()
def matern_kernel_corrected(z):
    """The Matern kernel of smoothness 5/2 is (1 + z + z^2/3) e^-z, z = sqrt(5) distance/length."""
    return vf.equal(_matern_five_halves(z), (1 + z + z**2 / 3) * jnp.exp(-z))


def _deviation(shape, rate):
    """The standard deviation of 1/G, G ~ Gamma(shape, rate), by the density of log(rate G)."""
    log_density = lambda u: shape * u - jnp.exp(u)
    square = lambda u: (jnp.exp(-u) - 1 / (shape - 1)) ** 2
    second = vf.integral(lambda u: square(u) * jnp.exp(log_density(u)), -jnp.inf, jnp.inf)
    return rate * jnp.sqrt(second / jnp.exp(gammaln(shape)))


@_inverse_gamma(holds=False)
def inverse_gamma_deviation_as_published(shape, rate):
    """The standard deviation of 1/G, G ~ Gamma(a, rate b), is b/sqrt((a - 1)^2 (a - 1))."""
    return vf.equal(_deviation(shape, rate), rate / jnp.sqrt((shape - 1) ** 2 * (shape - 1)))


@_inverse_gamma()
def inverse_gamma_deviation_corrected(shape, rate):
    """The standard deviation of 1/G, G ~ Gamma(a, rate b), is b/sqrt((a - 1)^2 (a - 2))."""
    return vf.equal(_deviation(shape, rate), rate / jnp.sqrt((shape - 1) ** 2 * (shape - 2)))


def _inverse_gaussian_mass(factor, mean, shape):
    """The integral of factor/sqrt(2 pi x^3) exp(-s (x - m)^2/(2 m^2 x)), by x = m e^u."""
    kernel = lambda u: jnp.exp(-shape / mean * (jnp.cosh(u) - 1) - u / 2) / jnp.sqrt(mean)
    return factor / jnp.sqrt(2 * vf.pi) * vf.integral(kernel, -jnp.inf, jnp.inf)


@_inverse_gaussian(holds=False)
def inverse_gaussian_density_as_published(mean, shape):
    """s/sqrt(2 pi x^3) exp(-s (x - m)^2/(2 m^2 x)) has integral 1."""
    return vf.equal(_inverse_gaussian_mass(shape, mean, shape), 1)


@_inverse_gaussian()
def inverse_gaussian_density_corrected(mean, shape):
    """sqrt(s)/sqrt(2 pi x^3) exp(-s (x - m)^2/(2 m^2 x)) has integral 1."""
    return vf.equal(_inverse_gaussian_mass(jnp.sqrt(shape), mean, shape), 1)


@_segment(holds=False)
def field_of_a_segment_as_published(c, w):
    """The integral over [-w/2, w/2] of (y^2 + c)^(-3/2) is 0."""
    return vf.equal(vf.integral(lambda y: (y**2 + c) ** -1.5, -w / 2, w / 2), 0)


@_segment()
def field_of_a_segment_corrected(c, w):
    """The integral over [-w/2, w/2] of (y^2 + c)^(-3/2) is w/(c sqrt(c + w^2/4))."""
    field = vf.integral(lambda y: (y**2 + c) ** -1.5, -w / 2, w / 2)
    return vf.equal(field, w / (c * jnp.sqrt(c + w**2 / 4)))


def _gamma_up_to(x, s):
    return vf.integral(lambda t: t ** (s - 1) * jnp.exp(-t), 0, x)


@_lower_gamma(holds=False)
def lower_gamma_recurrence_as_published(s, x):
    """gamma(s, x) = gamma(s + 1, x) + x^s e^-x/s."""
    return vf.equal(_gamma_up_to(x, s), _gamma_up_to(x, s + 1) + x**s * jnp.exp(-x) / s)


@_lower_gamma()
def lower_gamma_recurrence_corrected(s, x):
    """gamma(s, x) = (gamma(s + 1, x) + x^s e^-x)/s."""
    return vf.equal(_gamma_up_to(x, s), (_gamma_up_to(x, s + 1) + x**s * jnp.exp(-x)) / s)


def _beta_entropy(a, b):
    mean_log, mean_log_rest = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
    return betaln(a, b) - (a - 1) * mean_log - (b - 1) * mean_log_rest


@_beta(holds=False)
def sign_of_the_beta_entropy_as_published(a, b):
    """H(Beta(a, b)) > 0."""
    return vf.less(0, _beta_entropy(a, b))


@_beta()
def sign_of_the_beta_entropy_corrected(a, b):
    """H(Beta(a, b)) <= 0, the entropy of the uniform distribution."""
    return vf.at_most(_beta_entropy(a, b), 0)


def _poisson_mean(value, rate):
    """E value(K), K ~ Poisson(rate)."""
    log_mass = lambda k: k * jnp.log(rate) - rate - gammaln(k + 1)
    return vf.series(lambda k: jnp.exp(log_mass(k)) * value(k), 0, jnp.inf)


def _noncentral_f_variance(n, d, c):
    """Chi-squared moments, over a Poisson number of degrees of freedom."""
    first = _poisson_mean(lambda k: n + 2 * k, c / 2)
    second = _poisson_mean(lambda k: (n + 2 * k) * (n + 2 * k + 2), c / 2)
    return (d / n) ** 2 * (second / ((d - 2) * (d - 4)) - (first / (d - 2)) ** 2)


@_noncentral_f(holds=False)
def noncentral_f_variance_as_published(n, d, c):
    """Var F = 2 (d/n)^2 ((n + c/2)^2 + (n + c)(d - 2))/((d - 2)^2 (d - 4))."""
    closed = 2 * (d / n) ** 2 * ((n + c / 2) ** 2 + (n + c) * (d - 2)) / ((d - 2) ** 2 * (d - 4))
    return vf.equal(_noncentral_f_variance(n, d, c), closed)


@_noncentral_f()
def noncentral_f_variance_corrected(n, d, c):
    """Var F = 2 (d/n)^2 ((n + c)^2 + (n + 2c)(d - 2))/((d - 2)^2 (d - 4))."""
    closed = 2 * (d / n) ** 2 * ((n + c) ** 2 + (n + 2 * c) * (d - 2)) / ((d - 2) ** 2 * (d - 4))
    return vf.equal(_noncentral_f_variance(n, d, c), closed)


@_poisson(holds=False)
def poisson_skewness_as_published(rate):
    """E((K - rate)^3)/rate^(3/2) = 1/rate, K ~ Poisson(rate)."""
    return vf.equal(_poisson_mean(lambda k: (k - rate) ** 3, rate) / rate**1.5, 1 / rate)


@_poisson()
def poisson_skewness_corrected(rate):
    """E((K - rate)^3)/rate^(3/2) = 1/sqrt(rate), K ~ Poisson(rate)."""
    return vf.equal(_poisson_mean(lambda k: (k - rate) ** 3, rate) / rate**1.5, rate**-0.5)


def _digamma_is_within_a_term(x, numerator):
    """|psi(x) - expansion| <= |B_16|/(16 x^16), where the last term is numerator/(12 x^14)."""
    quotients = ((1, 12), (-1, 120), (1, 252), (-1, 240), (1, 132), (-691, 32760), (numerator, 12))
    terms = [a / (b * x ** (2 * i)) for i, (a, b) in enumerate(quotients, start=1)]
    error = digamma(x) - (jnp.log(x) - 1 / (2 * x) - sum(terms))
    return vf.at_most(jnp.abs(error), 3617 / (8160 * x**16))


@_digamma(holds=False)
def digamma_expansion_as_published(x):
    """Up to B_14/14 = 7/12, psi's asymptotic series is off by at most its next term."""
    return _digamma_is_within_a_term(x, 7)


@_digamma()
def digamma_expansion_corrected(x):
    """Up to B_14/14 = 1/12, psi's asymptotic series is off by at most its next term."""
    return _digamma_is_within_a_term(x, 1)


@_csch(holds=False)
def primitive_of_csch_as_published(u):
    """d/du of -arcoth(e^u) is csch(u)."""
    return vf.equal(vf.derivative(lambda u: -jnp.arctanh(jnp.exp(-u)), u), 1 / jnp.sinh(u))


@_csch()
def primitive_of_csch_corrected(u):
    """d/du of -2 arcoth(e^u) is csch(u)."""
    return vf.equal(vf.derivative(lambda u: -2 * jnp.arctanh(jnp.exp(-u)), u), 1 / jnp.sinh(u))


def _black_theta(moneyness, time, volatility):
    """-dC/dT of a call on a forward of 1 with strike e^-moneyness, and phi(d1) volatility."""

    def first(time):
        return moneyness / (volatility * jnp.sqrt(time)) + volatility * jnp.sqrt(time) / 2

    def price(time):
        second = first(time) - volatility * jnp.sqrt(time)
        return _normal_cdf(first(time)) - jnp.exp(-moneyness) * _normal_cdf(second)

    return -jax.grad(price)(time), vf.normal_density(first(time), 0, 1) * volatility


@_theta(holds=False)
def theta_of_a_call_as_published(moneyness, time, volatility):
    """-dC/dT = -F phi(d1) volatility/(0.5 sqrt(T)), C the Black price of a call, F = 1."""
    theta, decay = _black_theta(moneyness, time, volatility)
    return vf.equal(theta, -decay / (0.5 * jnp.sqrt(time)))


@_theta()
def theta_of_a_call_corrected(moneyness, time, volatility):
    """-dC/dT = -F phi(d1) volatility/(2 sqrt(T)), C the Black price of a call, F = 1."""
    theta, decay = _black_theta(moneyness, time, volatility)
    return vf.equal(theta, -decay / (2 * jnp.sqrt(time)))


@_softmax(holds=False)
def softmax_gradient_as_published(x, cotangent):
    """The softmax s sends the cotangent g back to s (1 - s) g."""
    s, pull_back = jax.vjp(jax.nn.softmax, x)
    return vf.equal(pull_back(cotangent)[0], s * (1 - s) * cotangent)


@_softmax()
def softmax_gradient_corrected(x, cotangent):
    """The softmax s sends the cotangent g back to s (g - <g, s>)."""
    s, pull_back = jax.vjp(jax.nn.softmax, x)
    return vf.equal(pull_back(cotangent)[0], s * (cotangent - jnp.sum(cotangent * s)))


def _log_normal_is(log_density, x):
    slope = vf.derivative(lambda x: _normal_cdf(jnp.log(x)), x)
    return vf.equal(jnp.log(slope), log_density - jnp.log(2 * vf.pi) / 2)


@_log_normal(holds=False)
def log_normal_density_as_published(x):
    """log(d/dx Phi(log x)) = -log(2 pi)/2 - (log x)^2."""
    return _log_normal_is(-(jnp.log(x) ** 2), x)


@_log_normal()
def log_normal_density_corrected(x):
    """log(d/dx Phi(log x)) = -log(2 pi)/2 - log x - (log x)^2/2."""
    return _log_normal_is(-jnp.log(x) - jnp.log(x) ** 2 / 2, x)


@_gibbs(holds=False)
def gibbs_inequality_as_published(p, q):
    """E_p log(q/p) >= 0."""
    return vf.at_most(0, jnp.sum(p * jnp.log(q / p)))


@_gibbs()
def gibbs_inequality_corrected(p, q):
    """E_p log(p/q) >= 0."""
    return vf.at_most(0, jnp.sum(p * jnp.log(p / q)))


@_softplus(holds=False)
def slope_of_softplus_as_published(x, beta):
    """log(1 + e^(beta x))/beta, or beta x where x > 20, has slope 1/(1 + e^(-beta x))."""
    softplus = lambda x: jnp.where(x > 20, beta * x, jnp.logaddexp(beta * x, 0) / beta)
    return vf.equal(vf.derivative(softplus, x), 1 / (1 + jnp.exp(-beta * x)))


@_softplus()
def slope_of_softplus_corrected(x, beta):
    """log(1 + e^(beta x))/beta has slope 1/(1 + e^(-beta x))."""
    softplus = lambda x: jnp.logaddexp(beta * x, 0) / beta
    return vf.equal(vf.derivative(softplus, x), 1 / (1 + jnp.exp(-beta * x)))
