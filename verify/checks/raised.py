"""What a function raised, told in a line: the error, the place in its file, the cure."""

import re
import traceback

import jax

from verify.arithmetic.errors import Unreadable, shown

_LONGEST = 500  # characters of a reason
_JAX_ADDS = re.compile(
    r"(\. |\s)?(The error occurred while tracing|This concrete value|See http).*"
)
_CURES = {
    jax.errors.TracerBoolConversionError: "choose with jnp.where or jax.lax.cond",
    jax.errors.TracerArrayConversionError: "use jax.numpy in place of numpy",
}


def told(error: Exception, file: str) -> str:
    """One line on an error that a function of some file raised."""
    text = " ".join(str(error).split())
    if isinstance(error, Unreadable):
        return text[:_LONGEST]
    kind = type(error).__name__
    what = _JAX_ADDS.sub("", text).rstrip(".")
    cure = _CURES.get(type(error))
    return f"{kind}{_place(error, file)}: {what}{f'; {cure}' if cure else ''}."[:_LONGEST]


def _place(error: Exception, file: str) -> str:
    """The last line of the file that led to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return f" at {shown(file)}:{lines[-1]}" if lines else ""
