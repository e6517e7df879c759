"""The questions, in the order of the page."""

QUESTIONS = (
    "lstm", "scalar_rnn", "divergence_losses", "training_steps", "ball_reading",
    "interval_reading", "float_sweep", "whole_runs", "counterexample_search", "gradient_check",
    "scaling",
)  # fmt: skip
