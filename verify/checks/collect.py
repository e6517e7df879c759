"""Collecting claims from files, folders and modules."""

from collections.abc import Sequence
from typing import NamedTuple

from verify.checks.finding import CollectionError, find, without_claims
from verify.checks.loading import load
from verify.claims.claim import Claim, Malformed


class Collected(NamedTuple):
    """Claims by id, in order, and what kept others from being found."""

    claims: dict[str, Claim | Malformed]
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
    claims: dict[str, Claim | Malformed] = {}
    held: dict[str, int] = {}
    for file in files:
        try:
            loaded = load(file)
        except CollectionError as error:
            errors.append(str(error))
        else:
            claims |= loaded
            held[file.path] = len(loaded)
    return Collected(claims, (*errors, *without_claims(files, held)))
