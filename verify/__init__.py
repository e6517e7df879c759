"""Numerical verification of pure JAX functions: is the mathematics right, and if not, where?"""

import lazy_loader

# The names are those of __init__.pyi. Each is imported when it is first used: the command
# line starts without waiting for JAX.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
