"""Settings of the whole suite: Hypothesis' profile and JAX's configuration."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from verify.report.compiled import keep_in

# What one process of the suite has compiled the others take over; set before JAX is imported.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="verify-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    keep_in(Path(_folder))

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
