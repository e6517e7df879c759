"""Collecting claims from files, folders and modules."""

from collections.abc import Sequence
from typing import NamedTuple

from verify.checks.finding import find
from verify.checks.loading import Item, load_all


class Collected(NamedTuple):
    """Claims by id, in order, and what kept others from being found."""

    claims: dict[str, Item]
    errors: tuple[str, ...]


def collect(paths: Sequence[str]) -> Collected:
    """The claims in files, folders and modules.

    Args:
        paths: .py files, folders (searched recursively) and names of modules or packages.

    Example:
        >>> collect(["no_such_file.py"]).errors[0][:60]
        "verify check needs a .py file, a folder or a module, got 'no"
    """
    files, errors = find(paths)
    claims, failed, empty = load_all(files)
    return Collected(claims, (*errors, *map(str, failed), *empty))
