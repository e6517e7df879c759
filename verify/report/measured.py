"""A call of `verify measure`: a bar while it lasts, then what was found, and its JSON."""

import json

from rich.console import Console

from verify.checks.accuracy.asking import Question
from verify.checks.accuracy.record import Accuracy
from verify.checks.accuracy.text import bars, lines
from verify.checks.verdict import counted
from verify.report.files import write
from verify.report.records import SCHEMA, accuracy_record, environment
from verify.report.sweeping import sweep_progress
from verify.report.terminal import console_for, glyphs_of, wrapped


def measured(question: Question, *, top: int, path: str | None) -> None:
    """Measure what was asked and print it, with so many of the worst cases.

    Args:
        question: what to measure.
        top: how many of the worst cases to show.
        path: of a file to write JSON to.

    Raises:
        ValueError: it cannot be measured.
        KeyboardInterrupt: after Ctrl-C, saying how far it got.
    """
    console = console_for()
    with sweep_progress(console, question.target) as progress:
        accuracy = question.answer(progress)
    if path:
        write(path, to_json(question, accuracy))
    print_accuracy(console, question, accuracy, top)


def print_accuracy(console: Console, question: Question, accuracy: Accuracy, top: int) -> None:
    """What was found, then the histogram of errors."""
    head, *rest = lines(accuracy, top)
    _print(console, f"{head}, over {_arguments(question)}", "bold")
    for line in rest:
        _print(console, line)
    chart = bars(accuracy, glyphs_of(console).bar)
    if chart:
        total = sum(count for _, _, count in accuracy.histogram)
        _print(console, f"  signed errors in ulps, of {counted(total, 'result')}:")
    for line in chart:
        console.print(f"    {line}", soft_wrap=True)
    _print(console, f"{accuracy.seconds:.1f} s", "dim")


def to_json(question: Question, accuracy: Accuracy) -> str:
    """Strict JSON of what was asked and found."""
    effort = question.options.get("effort", "standard")
    record = {
        "schema": SCHEMA,
        "environment": environment(device=accuracy.device, effort=effort, seed=accuracy.seed),
        "question": {"function": question.target, "arguments": dict(question.texts)},
        "accuracy": accuracy_record(accuracy),
    }
    return json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _arguments(question: Question) -> str:
    return " ".join(f"{name}={text}" for name, text in question.texts.items())


def _print(console: Console, text: str, style: str | None = None) -> None:
    indent = len(text) - len(text.lstrip())
    line = wrapped(console, text.lstrip(), indent, indent + 2)
    console.print(line, style=style, soft_wrap=True)
