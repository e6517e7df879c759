"""A run on a terminal: progress while it lasts, then the claims by file and a summary."""

import contextlib
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import IO, Any, NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from verify.checks.verdict import Verdict, evidence_text
from verify.report.records import Run, by_file, file_of, name_of
from verify.report.words import expectation, first_line, place, short_gist, summary_line

_STYLES = {True: "green", False: "bold red"}
_BAR = 20
_SILENCE = 30.0  # seconds
_STATUS_WIDTH = len("undecided")
_INDENT = 4 + _STATUS_WIDTH + 2  # of a name, after the mark and the status


class Glyphs(NamedTuple):
    """The signs of a report."""

    expected: str
    unexpected: str
    cut: str
    bar: str


_UNICODE, _ASCII = Glyphs("✓", "✗", "…", "█"), Glyphs("+", "x", "...", "#")


def console_for(stream: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji, no colours of its own."""
    return Console(file=stream, stderr=stderr, markup=False, emoji=False, highlight=False)


def glyphs_of(console: Console) -> Glyphs:
    """Signs that the console's encoding has."""
    return _UNICODE if console.encoding.lower().startswith("utf") else _ASCII


def print_run(console: Console, run: Run, tracebacks: Sequence[str] = ()) -> None:
    """The claims by file, a block for each that did not end as expected, and a summary."""
    for file, verdicts in by_file(run.verdicts).items():
        _print(console, file, "bold")
        for verdict in verdicts:
            _print_row(console, verdict)
        _print(console)
    for verdict in run.unexpected:
        _print_block(console, verdict)
    for traceback in tracebacks:
        _print(console, traceback)
    for error in run.errors:
        _print(console, wrapped(console, f"error: {error}", 0, 2), "bold red")
    is_good = not (run.unexpected or run.errors or run.not_run)
    line = f"{summary_line(run)}; {run.seconds:.1f} s"
    _print(console, wrapped(console, line, 0, 0), _STYLES[is_good])


def print_list(console: Console, entries: Sequence[Any]) -> None:
    """Claims by file and subject: name, the first line of the statement, source, expected end."""
    by_subject = groupby(entries, lambda entry: (file_of(entry.id), entry.subject))
    for number, ((file, subject), group) in enumerate(by_subject):
        if number:
            _print(console)
        _print(console, f"{file}: {subject.rstrip('.')}" if subject else file, "bold")
        for entry in group:
            _print(console, f"  {name_of(entry.id)}")
            about = [entry.fault or expectation(entry.holds), entry.source]
            for line in (first_line(entry.statement), "; ".join(filter(None, about))):
                if line:
                    _print(console, wrapped(console, line, 4, 6), "dim")


def waiting(console: Console, text: str) -> contextlib.AbstractContextManager[Any]:
    """On a terminal, a line that says what is being waited for."""
    if not console.is_terminal:
        return contextlib.nullcontext()
    return console.status(Text(text), spinner="line")


@contextlib.contextmanager
def progress(
    console: Console, total: int, running: Callable[[], list[str]]
) -> Iterator[Callable[[Verdict], None]]:
    """On a terminal, a bar and each unexpected verdict as it comes; elsewhere a count at times.

    Args:
        console: where.
        total: how many claims there are.
        running: the ids of those being checked, the longest running first.
    """
    if not console.is_terminal:
        yield _counting(total)
        return
    unexpected = False
    columns = (
        BarColumn(_BAR),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _Running(console, running),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def show(verdict: Verdict) -> None:
            nonlocal unexpected
            bar.advance(task)
            if not verdict.as_expected:
                unexpected = True
                room = console.width - _INDENT
                _print_row(console, verdict, _cut(verdict.id, room, glyphs_of(console).cut))

        yield show
    if unexpected:
        _print(console)


def _counting(total: int) -> Callable[[Verdict], None]:
    """Says on standard error how many claims are done, every half minute, for logs."""
    done, told = 0, time.monotonic()

    def count(verdict: Verdict) -> None:
        nonlocal done, told
        done += 1
        if time.monotonic() - told >= _SILENCE and done < total:
            told = time.monotonic()
            print(f"{done} of {total} claims", file=sys.stderr, flush=True)

    return count


def wrapped(console: Console, text: str, indent: int, hanging: int) -> str:
    """Text in the width of a terminal; elsewhere one line, for the tools that read it."""
    if not console.is_terminal:
        return " " * indent + text
    return textwrap.fill(
        text,
        max(console.width - 1, 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


class _Running(ProgressColumn):
    """The claim that has been running longest."""

    def __init__(self, console: Console, running: Callable[[], list[str]]):
        super().__init__(Column(no_wrap=True))
        self._console = console
        self._running = running

    def render(self, task: Task) -> Text:
        room = self._console.width - _BAR - len(f" {task.total}/{task.total} 0:00:00 ") - 1
        name = next(map(name_of, self._running()), "")
        return Text(_cut(name, room, glyphs_of(self._console).cut), "dim")


def _print_row(console: Console, verdict: Verdict, name: str = "") -> None:
    """Mark, status, name, and the gist beside it or, where there is no room, below.

    An undecided claim is never expected, and its block gives the reason.
    """
    glyphs = glyphs_of(console)
    mark = glyphs.expected if verdict.as_expected else glyphs.unexpected
    row = Text(f"  {mark} ", _STYLES[verdict.as_expected])
    row.append(f"{verdict.status:<{_STATUS_WIDTH}}  ")
    row.append(name or name_of(verdict.id), "default")
    about = "" if verdict.status == "undecided" else " ".join(short_gist(verdict).split())
    if about and console.is_terminal and len(row) + 2 + len(about) > console.width:
        about = _cut(about, console.width - _INDENT - 1, glyphs.cut)
        row.append(f"\n{' ' * _INDENT}{about}", "dim")
    elif about:
        row.append(f"  {about}", "dim")
    _print(console, row)


def _print_block(console: Console, verdict: Verdict) -> None:
    """All that is known of a verdict that was not expected."""
    _print(console, verdict.id, _STYLES[False])
    what = f"{expectation(verdict.holds)}, {verdict.status}"
    lines = [
        *verdict.statement.splitlines(),
        " ".join(filter(None, (what, place(verdict)))),
        verdict.reason and f"reason: {verdict.reason}",
        *(evidence_text(item) for item in verdict.evidence if evidence_text(item) != item.method),
    ]
    for line in filter(None, lines):
        _print(console, wrapped(console, line, 4, 6))
    _print(console)


def _print(console: Console, text: str | Text = "", style: str | None = None) -> None:
    console.print(text, style=style, soft_wrap=True)


def _cut(text: str, width: int, mark: str) -> str:
    return text if len(text) <= width else text[: width - len(mark)].rstrip() + mark
