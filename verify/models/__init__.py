"""Models of the notes: pure functions of parameters and inputs."""

from verify.models.lstm import LSTMGates as LSTMGates
from verify.models.lstm import lstm as lstm
from verify.models.lstm import lstm_cell as lstm_cell
from verify.models.lstm import lstm_gates as lstm_gates
from verify.models.lstm_arguments import LSTMParameters as LSTMParameters
from verify.models.lstm_arguments import LSTMState as LSTMState
from verify.models.lstm_gradient import LSTMGradient as LSTMGradient
from verify.models.lstm_gradient import lstm_gradient as lstm_gradient
from verify.models.rnn import rnn as rnn
from verify.models.rnn import rnn_gradient as rnn_gradient
