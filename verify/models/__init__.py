"""Models of the notes: pure functions of parameters and inputs."""

from verify.models.rnn import rnn as rnn
from verify.models.rnn import rnn_gradient as rnn_gradient
