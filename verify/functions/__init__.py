"""Functions that are right over their whole domain, in value and in gradient."""

from verify.functions.critic import critic_loss as critic_loss
from verify.functions.critic import gradient_penalty as gradient_penalty
from verify.functions.cross_entropy import binary_cross_entropy as binary_cross_entropy
from verify.functions.discriminator import discriminator_loss as discriminator_loss
from verify.functions.discriminator import minimax_loss as minimax_loss
from verify.functions.discriminator import non_saturating_loss as non_saturating_loss
from verify.functions.discriminator import optimal_discriminator as optimal_discriminator
from verify.functions.discriminator import (
    optimal_discriminator_from_logs as optimal_discriminator_from_logs,
)
from verify.functions.discriminator import optimal_logit as optimal_logit
from verify.functions.discriminator import reverse_kl_loss as reverse_kl_loss
from verify.functions.divergence import categorical_entropy as categorical_entropy
from verify.functions.divergence import categorical_jsd as categorical_jsd
from verify.functions.divergence import categorical_kl as categorical_kl
from verify.functions.divergence import (
    categorical_total_variation as categorical_total_variation,
)
from verify.functions.excess import expm1_excess as expm1_excess
from verify.functions.excess import log1p_excess as log1p_excess
from verify.functions.gaussian import gaussian_entropy as gaussian_entropy
from verify.functions.gaussian import gaussian_kl as gaussian_kl
from verify.functions.gaussian import gaussian_kl_equal_variance as gaussian_kl_equal_variance
from verify.functions.gaussian import gaussian_kl_to_standard as gaussian_kl_to_standard
from verify.functions.gaussian import (
    gaussian_kl_to_standard_from_log_variance as gaussian_kl_to_standard_from_log_variance,
)
from verify.functions.gaussian import normal_density as normal_density
from verify.functions.gaussian import normal_log_density as normal_log_density
from verify.functions.hyperbolic import log_cosh as log_cosh
from verify.functions.hyperbolic import tanh as tanh
from verify.functions.logarithms import log1mexp as log1mexp
from verify.functions.logarithms import xlogy as xlogy
from verify.functions.logistic import log_sigmoid as log_sigmoid
from verify.functions.logistic import shifted_sigmoid as shifted_sigmoid
from verify.functions.logistic import sigmoid as sigmoid
from verify.functions.logistic import softplus as softplus
from verify.functions.squared_error import mean_squared_error as mean_squared_error
from verify.functions.wasserstein import empirical_wasserstein_1 as empirical_wasserstein_1
from verify.functions.wasserstein import gaussian_wasserstein_1 as gaussian_wasserstein_1
