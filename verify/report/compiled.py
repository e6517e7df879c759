"""What XLA compiles, kept in the user's cache folder from one run to the next.

A claim of accuracy spends half of its time on compilation. JAX finds a program again by its
code, its options and the versions of all that compile it; the folder is one processor's, for
machines of different instructions may share a home. What another process is still writing, or
was killed over, JAX compiles anew, with a warning.
"""

import hashlib
import os
import platform
import shutil
from pathlib import Path

from platformdirs import user_cache_path

_MOST = 2**28  # bytes, over which the folder is emptied


def keep_compiled() -> None:
    """Let this process, if it has not imported JAX, and those it starts keep what they compile.

    A cache that the environment sets up for JAX is left as it is. Where no folder can be made,
    nothing is kept.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    folder = cache_folder()
    try:
        if _size(folder) > _MOST:
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        keep_in(folder)


def keep_in(folder: Path) -> None:
    """Set a folder up as JAX's cache, for this process, if it has not imported JAX."""
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.05"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


def cache_folder() -> Path:
    """The folder of compiled programs for this processor."""
    return user_cache_path("verify-jax", appauthor=False) / "compiled" / _processor()


def _processor() -> str:
    """A name for a kind of processor: what instructions it has."""
    features = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith(("flags", "Features", "model name")):
            features += line
    known = sorted(set(features.split()))
    return f"{platform.machine()}-{hashlib.sha256(' '.join(known).encode()).hexdigest()[:12]}"


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder)) if folder.is_dir() else 0
