"""What a session and its worker processes tell each other."""

from typing import NamedTuple

from verify.checks.finding import File
from verify.checks.verdict import Verdict


class Settings(NamedTuple):
    """How claims are checked.

    Attributes:
        effort, seed: as `check` takes them.
        timeout: seconds for one claim.
        memory: GiB for one worker; 0 for no limit.
        debug: whether what workers print is shown.
    """

    effort: str = "standard"
    seed: int = 0
    timeout: float = 60.0
    memory: float = 4.0
    debug: bool = False


class Entry(NamedTuple):
    """What can be said of a claim before it is checked, also to another process.

    Attributes:
        fault: why it cannot be checked, "" where it can.
        subject: what the claims of its file are about, in its first line.
    """

    id: str
    statement: str
    source: str
    holds: bool
    fault: str = ""
    subject: str = ""


class Problem(NamedTuple):
    """What kept claims from being found, and the traceback for --debug."""

    message: str
    traceback: str = ""


class Loading(NamedTuple):
    """Sent before a file is loaded."""

    file: File


class Loaded(NamedTuple):
    """Sent when all files are loaded, before the device is looked at."""


class Ready(NamedTuple):
    """Sent when a worker can check claims."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    device: str


class Checked(NamedTuple):
    """Sent for each claim.

    Attributes:
        is_last: whether the worker ends, its memory being spent.
    """

    verdict: Verdict
    traceback: str = ""
    is_last: bool = False


def undecided(entry: Entry, reason: str, seconds: float = 0.0) -> Verdict:
    """The verdict on a claim that was not checked to the end."""
    return Verdict(entry.id, entry.statement, entry.source, "undecided", entry.holds,
                   reason=reason, seconds=seconds)  # fmt: skip
