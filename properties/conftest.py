"""Settings of the whole suite: Hypothesis' profile and JAX's configuration."""

import os

import jax
from hypothesis import HealthCheck, settings

# Same examples on every run, so that a red build is red again on another machine.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.register_profile("explore", parent=settings.get_profile("ci"), derandomize=False,
                          max_examples=1_000)  # fmt: skip
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

jax.config.update("jax_numpy_rank_promotion", "raise")
