"""Numerical verification of pure JAX functions: is the mathematics right, and if not, where?"""

import difflib
from typing import Any

import lazy_loader

# The names are those of __init__.pyi. Each is imported when it is first used: the command
# line starts without waiting for JAX.
_imported, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _imported(name)
    near = difflib.get_close_matches(name, __all__, n=1)
    cure = f"; did you mean {near[0]}?" if near and not name.startswith("_") else ""
    raise AttributeError(f"module 'verify' has no attribute {name!r}{cure}")
