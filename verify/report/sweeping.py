"""A sweep on a terminal: a bar, inputs a second, the time that is left, the worst so far."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Column
from rich.text import Text

from verify.checks.accuracy.job import Progress, Watcher

_BAR = 20


@contextlib.contextmanager
def sweep_progress(console: Console, name: str = "") -> Iterator[Watcher | None]:
    """On a terminal, what shows how far a sweep is; elsewhere nothing.

    Args:
        console: where.
        name: of what is swept.
    """
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(_BAR),
        TaskProgressColumn(),
        _Speed(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[worst]}", "dim", markup=False, table_column=Column(no_wrap=True)),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None, worst="")

        def show(progress: Progress) -> None:
            if bar.tasks[0].total is None:  # what a journal had is no speed
                bar.reset(task, total=progress.of, completed=progress.inputs)
            rest = ", reading the worst cases" if progress.inputs >= progress.of else ""
            bar.update(task, completed=progress.inputs, worst=f"{progress.worst}{rest}")

        yield show


class _Speed(ProgressColumn):
    """Inputs a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{_rounded(task.speed)}/s" if task.speed else "")


def _rounded(number: float) -> str:
    """Three digits and a unit: k, M or G."""
    for unit in ("", "k", "M"):
        if number < 999.5:
            return f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}G"
