"""What the files of the catalogue state."""

import importlib
import pkgutil

import pytest

from verify import catalogue


def stated(kind):
    """All claims or all trials, whichever is asked for, with their file and name as id."""
    for file in pkgutil.iter_modules(catalogue.__path__):
        module = importlib.import_module(f"{catalogue.__name__}.{file.name}")
        for name, value in vars(module).items():
            if isinstance(value, kind) and value.file == module.__file__:
                yield pytest.param(value, id=f"{file.name}-{name}")
