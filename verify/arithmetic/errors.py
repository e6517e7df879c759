"""What can keep a number system from reading a program, and where it stands."""

import os


class MistakeError(Exception):
    """What a caller gave is not what is needed; it says what is, in a line."""


class WrongKindError(MistakeError, TypeError):
    """Something of another kind than is needed."""


class WrongValueError(MistakeError, ValueError):
    """A value or a shape other than is needed."""


class WrongFileError(MistakeError, OSError):
    """A file that cannot be had or written."""


class Unreadable(Exception):  # noqa: N818 - what it says of a program
    """A program that a number system cannot read, or cannot decide; it says why."""


class UnsupportedPrimitive(Unreadable):
    """A primitive without a rule in a number system."""

    def __init__(self, primitive: str, system: str, where: str | None):
        self.primitive, self.where = primitive, where
        place = f" at {where}" if where else ""
        super().__init__(
            f"{system} needs a rule for the primitive '{primitive}'{place}, got none;"
            f" write that part with other functions of jax.numpy.{_cure(primitive)}"
        )


class Undecided(Unreadable):
    """A question about a value that its width leaves open; more precision may settle it."""


_RANDOM = {"random_bits", "random_seed", "random_wrap", "random_unwrap", "random_split",
           "threefry2x32", "random_fold_in", "random_gamma", "random_clone"}  # fmt: skip


def _cure(primitive: str) -> str:
    if primitive in _RANDOM:
        return " What is random has no one value: make it an argument."
    if "callback" in primitive:
        return " A callback to Python is not mathematics that can be read."
    return ""


def shown(path: str) -> str:
    """A path as a reader in the working folder writes it."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative
