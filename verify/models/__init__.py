"""Models of the notes: pure functions of parameters and inputs."""

from verify.models.critic import clip_weights as clip_weights
from verify.models.critic import input_gradients as input_gradients
from verify.models.critic import lipschitz_bound as lipschitz_bound
from verify.models.critic import mlp_critic as mlp_critic
from verify.models.game import Game as Game
from verify.models.game import Players as Players
from verify.models.game import play as play
from verify.models.gan import Projection as Projection
from verify.models.gan import optimal_projection as optimal_projection
from verify.models.gan import projection_logit as projection_logit
from verify.models.layers import Layer as Layer
from verify.models.linear_gaussian import DiagonalGaussian as DiagonalGaussian
from verify.models.linear_gaussian import Gaussian as Gaussian
from verify.models.linear_gaussian import LinearGaussian as LinearGaussian
from verify.models.linear_gaussian import linear_gaussian_elbo as linear_gaussian_elbo
from verify.models.linear_gaussian import linear_gaussian_elbo_draw as linear_gaussian_elbo_draw
from verify.models.linear_gaussian import (
    linear_gaussian_log_evidence as linear_gaussian_log_evidence,
)
from verify.models.linear_gaussian import linear_gaussian_posterior as linear_gaussian_posterior
from verify.models.lstm import LSTMGates as LSTMGates
from verify.models.lstm import lstm as lstm
from verify.models.lstm import lstm_cell as lstm_cell
from verify.models.lstm import lstm_gates as lstm_gates
from verify.models.lstm_arguments import LSTMParameters as LSTMParameters
from verify.models.lstm_arguments import LSTMState as LSTMState
from verify.models.lstm_gradient import LSTMGradient as LSTMGradient
from verify.models.lstm_gradient import lstm_gradient as lstm_gradient
from verify.models.mlp import initial_mlp as initial_mlp
from verify.models.mlp import mlp as mlp
from verify.models.pca import PCA as PCA
from verify.models.pca import pca as pca
from verify.models.pca import pca_reconstruct as pca_reconstruct
from verify.models.pca import pca_squared_error as pca_squared_error
from verify.models.pca import pca_transform as pca_transform
from verify.models.rnn import rnn as rnn
from verify.models.rnn import rnn_gradient as rnn_gradient
from verify.models.training import Fit as Fit
from verify.models.training import fit as fit
from verify.models.vae import LinearVAE as LinearVAE
from verify.models.vae import LinearVAEOptimum as LinearVAEOptimum
from verify.models.vae import linear_vae_decode as linear_vae_decode
from verify.models.vae import linear_vae_encode as linear_vae_encode
from verify.models.vae import linear_vae_from_pca as linear_vae_from_pca
from verify.models.vae import linear_vae_loss as linear_vae_loss
from verify.models.vae import linear_vae_optimum as linear_vae_optimum
