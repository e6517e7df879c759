"""How accurate are our functions, and code of others on the same domains?

Measures value and gradient of every row of `accuracy_subjects` and JAX's own table of
primitives, into `benchmarks/results/accuracy.jsonl`; from there comes `docs/accuracy.md`.
Rows whose code and versions are as they were are kept.

    python -m benchmarks.accuracy                       # what is missing or has changed
    python -m benchmarks.accuracy --only 'softplus/*'   # some of it; --list shows the rows
    python -m benchmarks.accuracy --only 'softplus/*/float32/*' --exhaustive --journals FOLDER
    python -m benchmarks.accuracy --write               # the page, from what is there
    python -m benchmarks.accuracy --check               # is the page what the results give?

Rows are named subject/code/dtype/value or gradient. Peers need numpyro; without it theirs stay
as they are.
"""

import argparse
import dataclasses
import fnmatch
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import verify as vf
from benchmarks.accuracy_page import PAGE, page
from benchmarks.accuracy_results import Row, read, write
from benchmarks.accuracy_subjects import Subject, primitives, subjects
from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.target import target
from verify.claims.domain import Domain
from verify.report.records import plain

EFFORTS = ("quick", "standard", "thorough")
KEPT = (
    "ulps", "bound", "is_exhaustive", "inputs", "right", "zeros", "nans", "undefined", "kinks",
    "unread", "by_balls", "device", "seed", "seconds",
)  # fmt: skip


class Options(NamedTuple):
    """How rows are measured.

    Attributes:
        effort: of `vf.measure`.
        exhaustive: every input of functions of one number.
        fresh: whether or not the row is known.
        journals: a folder for those of exhaustive sweeps; none without.
    """

    effort: str = "standard"
    exhaustive: bool = False
    fresh: bool = False
    journals: str | None = None


class Question(NamedTuple):
    """One row: what code is measured."""

    subject: str
    code: str
    dtype: str
    gradient: bool

    @property
    def name(self) -> str:
        return "/".join((*self[:3], "gradient" if self.gradient else "value"))


def questions() -> Iterator[Question]:
    """All rows, in the order of the page."""
    for subject in subjects().values():
        for code in subject.codes:
            for dtype in _dtypes(subject, code):
                yield from (Question(subject.name, code, dtype, slope) for slope in (False, True))
    for primitive in primitives().values():
        for code in primitive.codes:
            yield Question(primitive.name, code, "float32", False)


def _dtypes(subject: Subject, code: str) -> tuple[str, ...]:
    """Ours in all; others in 16 bits where every input can be tried."""
    if code.startswith("verify."):
        return "float32", "bfloat16", "float16"
    return ("float32", "bfloat16") if _is_of_one_number(subject) else ("float32",)


def answered(question: Question, options: Options, known: Row | None) -> Row | None:
    """The row of a question: what is known of it, where the same would be measured again."""
    subject, function, reference = _measured(question)
    settled = {"fingerprint": fingerprint(question), "versions": installed(question.code)}
    every = options.exhaustive and _is_of_one_number(subject)
    if known and settled.items() <= known.items() and _is_enough(known, options, every):
        return known
    journal = _journal(options, question) if every else None
    accuracy = vf.measure(
        function, dtype=question.dtype, gradient=question.gradient, reference=reference,
        effort=options.effort, exhaustive=True if every else None, journal=journal,
        **subject.domains,
    )  # fmt: skip
    return _row(question, accuracy) | {"effort": options.effort} | settled


def _measured(question: Question) -> tuple[Subject, Any, Any]:
    """A question's subject, its code, and the exact function where that is another."""
    subject = (subjects() | primitives())[question.subject]
    function = subject.codes[question.code]
    return subject, function, None if function is subject.exact else subject.exact


def _is_enough(known: Row, options: Options, every: bool) -> bool:
    """Whether a row has as much in it as measuring it again would give."""
    as_much = EFFORTS.index(known["effort"]) >= EFFORTS.index(options.effort) and not every
    return not options.fresh and (known["is_exhaustive"] or as_much)


def _row(question: Question, accuracy: vf.Accuracy) -> Row:
    record = plain(dataclasses.asdict(accuracy))
    worst = record["worst"][0] if record["worst"] else None
    eager = record["other"] and record["other"]["ulps"]
    kept = {name: record[name] for name in KEPT}
    return {"row": question.name, **question._asdict(), **kept, "worst": worst, "eager": eager}


def fingerprint(question: Question) -> str:
    """Of the code that a row is of and of its reference."""
    subject, function, reference = _measured(question)
    shapes = {name: domain.shape for name, domain in subject.domains.items()}
    format = format_of("benchmarks.accuracy", question.dtype)
    judged = target(
        "benchmarks.accuracy", function, shapes, format,
        gradient=question.gradient, reference=reference,
    )  # fmt: skip
    return judged.fingerprint


def installed(code: str) -> dict[str, str]:
    """Of JAX, and of the library whose code it is."""
    names = {"jax", "jaxlib", *(peer for peer in ("optax", "numpyro") if peer in code)}
    return {name: version(name) for name in sorted(names)}


def _is_of_one_number(subject: Subject) -> bool:
    domains: list[Domain] = list(subject.domains.values())
    return len(domains) == 1 and domains[0].shape == ()


def _journal(options: Options, question: Question) -> Path | None:
    if options.journals is None:
        return None
    folder = Path(options.journals)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (re.sub(r"\W+", "-", question.name) + ".journal")


def update(only: str, options: Options, jobs: int) -> None:
    """Measure rows and keep each as soon as it is there."""
    known = read()
    asked = [q for q in questions() if fnmatch.fnmatch(q.name, only)]
    missing = [q for q in asked if "numpyro" in q.code and not _has_numpyro()]
    if missing:
        print(f"{len(missing)} rows need numpyro, which is not installed; they stay as they are.")
    asked = [q for q in asked if q not in missing]
    order = [q.name for q in questions()]
    for done, row in enumerate(_answers(asked, options, known, jobs), 1):
        if row is not None and row != known.get(row["row"]):
            known[row["row"]] = row
            write(known, order)
            print(f"{done}/{len(asked)} {_line(row)}", flush=True)


def _answers(
    asked: Sequence[Question], options: Options, known: Mapping[str, Row], jobs: int
) -> Iterator[Row | None]:
    """Rows as they are measured, each alone or some at once in processes."""
    if jobs == 1:
        yield from (_tried(lambda q=q: answered(q, options, known.get(q.name)), q) for q in asked)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        pending = {pool.submit(answered, q, options, known.get(q.name)): q for q in asked}
        yield from (_tried(done.result, pending[done]) for done in as_completed(pending))


def _tried(answer: Callable[[], Row | None], question: Question) -> Row | None:
    """A row, or why there is none."""
    try:
        return answer()
    except Exception as error:
        print(f"{question.name}: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def _line(row: Row) -> str:
    return f"{row['row']}: {row['ulps']} ulps, {row['inputs']:,} inputs, {row['seconds']:.1f} s"


def _has_numpyro() -> bool:
    return importlib.util.find_spec("numpyro") is not None


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list:
        print(*(q.name for q in questions() if fnmatch.fnmatch(q.name, options.only)), sep="\n")
        return 0
    if options.check:
        is_same = PAGE.read_text() == page(read())
        print(f"{PAGE} is {'' if is_same else 'not '}what the results give.")
        return 0 if is_same else 1
    if not options.write:
        chosen = Options(options.effort, options.exhaustive, options.fresh, options.journals)
        update(options.only, chosen, options.jobs)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(read()))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="rows of these names")
    parser.add_argument("--list", action="store_true", help="show the names of rows")
    parser.add_argument("--effort", default="standard", choices=EFFORTS)
    parser.add_argument("--exhaustive", action="store_true", help="every input, of one number")
    parser.add_argument("--journals", metavar="FOLDER", help="where sweeps keep what is done")
    parser.add_argument("--fresh", action="store_true", help="measure what is known again")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--write", action="store_true", help="write the page and measure nothing")
    parser.add_argument("--check", action="store_true", help="compare the page with the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
