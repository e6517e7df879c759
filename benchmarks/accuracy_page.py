"""The text of docs/accuracy.md, from measured rows and nothing else."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.accuracy_results import Row
from benchmarks.accuracy_subjects import Subject, primitives, subjects
from benchmarks.accuracy_text import extent, number, shares, table, ulps
from verify.claims.simplex import Simplex

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"

# Bounds of ours in ulps, of value and gradient, by dtype.
BOUNDS = {"float32": (4, 8), "bfloat16": (1, 1), "float16": (1, 1)}

# What has a zero where its terms cancel: beside it an error may be any number of ulps.
CANCELLING = ("critic_loss", "gradient_penalty", "normal_log_density")

# JAX's table for float32: upper bounds over all inputs, rounded up to half an ulp, on x86-64
# CPUs and on NVIDIA's H100 and B200. https://docs.jax.dev/en/latest/accuracy.html, as reviewed
# on 2026-09-18.
PUBLISHED = {
    "exp": (1.5, 2.0), "expm1": (6.5, 1.5), "log": (1.5, 1.0), "log1p": (3.0, 1.0),
    "logistic": (2.5, 4.0), "tanh": (5.0, 5.5), "erf": (7.0, 6.5), "erfc": (66.0, 66.5),
    "erf_inv": (65.0, 65.0),
}  # fmt: skip

HEAD = """\
# How accurate, measured

`python -m benchmarks.accuracy` has written this page from `benchmarks/results/accuracy.jsonl`;
no figure is by hand. {versions}, on {devices}.

## How it was measured

- What runs is the function of one point, compiled for a batch of them; its gradient is
  `jax.grad`, in every argument, and the worst partial derivative counts.
- What is right is one exact function for all code of a subject, at the very floats that go in.
  It is read in intervals of float64 that are rounded outwards, and where they leave the error
  open in balls of as many bits as it takes. The true derivative comes from intervals that carry
  slopes and, where those are open, from one-sided jets: no rule of differentiation is trusted.
- Errors are in ulps of the exact value, as JAX's own page on accuracy measures them: a correctly
  rounded result is within 0.5; results under the smallest normal number count as flushed to
  zero; NaN, or an infinity for something smaller, is infinitely wrong (∞). A subnormal input
  counts as what it is or as zero, whichever suits. Points without an exact value or a derivative
  are passed over.
- A figure that stands alone is the worst of **every** input. With ≥ it is the largest seen in a
  **sample**, and there may be worse: a third of it has uniform bits, a third magnitudes around
  one, a third is uniform, beside special values and a search around the worst ({sample}).
- “0 for a number” and “NaN for a number” are shares of the gradients that should be normal
  numbers, among the inputs tried. “Right” is the share of values within half an ulp.
"""


def page(rows: Mapping[str, Row]) -> str:
    """All of it."""
    parts = [_head(rows), *_ours(rows), *_comparisons(rows), *_published(rows)]
    return "\n".join(parts)


def _head(rows: Mapping[str, Row]) -> str:
    versions = sorted({f"{k} {v}" for row in rows.values() for k, v in row["versions"].items()})
    devices = sorted({row["device"] for row in rows.values()})
    counts = [row["inputs"] for row in rows.values() if not row["is_exhaustive"]]
    sample = f"up to {max(counts, default=0):,} inputs"
    return HEAD.format(versions=", ".join(versions), devices=", ".join(devices), sample=sample)


def _ours(rows: Mapping[str, Row]) -> Iterator[str]:
    """The worst of our functions in every format."""
    yield "## Our functions\n"
    yield _standing(rows)
    head = ["function", *(f"{dtype}{slope}" for dtype in BOUNDS for slope in ("", ", gradient"))]
    lines = []
    for subject in subjects().values():
        if subject.is_ours:
            found = [_row(rows, subject, f"verify.functions.{subject.name}", dtype, slope)
                     for dtype in BOUNDS for slope in (False, True)]  # fmt: skip
            lines.append([f"`{subject.name}`", *map(ulps, found)])
    yield table(head, lines)


def _standing(rows: Mapping[str, Row]) -> str:
    """How many figures of ours are within their bounds."""
    own = [row for row in rows.values() if row["code"].startswith("verify.functions.")]
    over = [row for row in own if not float(row["ulps"]) <= BOUNDS[row["dtype"]][row["gradient"]]]
    wanted = ", ".join(f"{d} {v} and {g}" for d, (v, g) in BOUNDS.items())
    found = f"{len(own) - len(over)} of {len(own)} are within that"
    names = ", ".join(f"`{row['row'].partition('/')[0]}` ({row['dtype']}"
                      f"{', gradient' if row['gradient'] else ''})" for row in over)  # fmt: skip
    rest = f"; over it: {names}.\n" if over else ".\n"
    return f"Worst errors in ulps. Wanted, in value and gradient: {wanted}. {found}{rest}"


def _row(
    rows: Mapping[str, Row], subject: Subject, code: str, dtype: str, gradient: bool
) -> Row | None:
    return rows.get(f"{subject.name}/{code}/{dtype}/{'gradient' if gradient else 'value'}")


def _comparisons(rows: Mapping[str, Row]) -> Iterator[str]:
    yield "## Beside other code\n"
    yield "In float32 and, in the last two columns, in bfloat16.\n"
    for subject in subjects().values():
        yield f"### {subject.name.replace('_', ' ')}: {subject.formula}\n"
        yield f"{_over(subject)}\n"
        head = ["code", "value", "at", "right", "gradient", "at", "0 for a number",
                "NaN for a number", "bfloat16", "its gradient"]  # fmt: skip
        yield table(head, [_compared(rows, subject, code) for code in subject.codes])
        yield from _remarks(rows, subject)


def _compared(rows: Mapping[str, Row], subject: Subject, code: str) -> list[str]:
    value, slope, narrow, narrow_slope = (
        _row(rows, subject, code, dtype, gradient)
        for dtype in ("float32", "bfloat16")
        for gradient in (False, True)
    )
    right = shares(value, "right")
    zeros, nans = shares(slope, "zeros"), shares(slope, "nans")
    return [f"`{code}`", ulps(value), _place(value), right, ulps(slope), _place(slope), zeros, nans,
            ulps(narrow), ulps(narrow_slope)]  # fmt: skip


def _over(subject: Subject) -> str:
    """Its domains, and how they are written."""
    parts = []
    for name, domain in subject.domains.items():
        if isinstance(domain, Simplex):
            parts.append(f"{name}: {domain.n} positive numbers that sum to one")
            continue
        low, high = (f"{end:g}".replace("inf", "∞") for end in (domain.low, domain.high))
        left = "(" if domain.is_open or math.isinf(domain.low) else "["
        right = ")" if domain.is_open or math.isinf(domain.high) else "]"
        shape = f", of shape {list(domain.shape)}" if domain.shape else ""
        parts.append(f"{name} in {left}{low}, {high}{right}{shape}")
    return "; ".join(parts) + "."


def _place(row: Row | None) -> str:
    """The worst input, in as few digits as tell the float."""
    if row is None or row["worst"] is None:
        return ""
    values = row["worst"]["inputs"].values()
    return ", ".join(_shortest(value) for value in values)


def _shortest(value: float | Sequence[float] | str) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shortest, value))}]"
    return str(np.float32(value))


def _remarks(rows: Mapping[str, Row], subject: Subject) -> Iterator[str]:
    """What a figure alone does not tell."""
    remarks = []
    for code in subject.codes:
        for gradient in (False, True):
            row = _row(rows, subject, code, "float32", gradient)
            if row is not None:
                what = f"gradient of `{code}`" if gradient else f"`{code}`"
                remarks += [f"- {what}: {remark}.\n" for remark in _remarks_on(row)]
    if remarks:
        yield "".join(remarks)


def _remarks_on(row: Row) -> Iterator[str]:
    """Results not settled that may be worse than the worst; what is worse when run eagerly."""
    worst, bound = float(row["ulps"]), float(row["bound"])
    if row["unread"] and bound > 1.01 * worst:
        limit = "of any size" if math.isinf(bound) else f"of at most {number(bound)}"
        yield f"the errors of {row['unread']:,} results were not settled, {limit}"
    if row["eager"] is not None and float(row["eager"]) > worst:
        yield f"an operation at a time, {ulps(row | {'ulps': row['eager']})}"


def _published(rows: Mapping[str, Row]) -> Iterator[str]:
    """JAX's table beside the same measured here."""
    yield "## JAX's table of primitives, measured again\n"
    yield (
        "float32. Published are bounds over all inputs, rounded up to half an ulp, for x86-64\n"
        "([docs.jax.dev](https://docs.jax.dev/en/latest/accuracy.html), reviewed on 2026-09-18),\n"
        "of a JAX and processors that need not be those of this page.\n"
    )
    lines = []
    for name, (cpu, _) in PUBLISHED.items():
        subject = primitives()[f"lax.{name}"]
        row = _row(rows, subject, f"jax.lax.{name}", "float32", False)
        lines.append([f"`{name}`", f"{cpu}", ulps(row), extent(row), _place(row), _gap(row, cpu)])
    yield table(["primitive", "published", "measured", "inputs", "at", "difference"], lines)


def _gap(row: Row | None, published: float) -> str:
    if row is None:
        return ""
    found = float(row["ulps"])
    rounded = math.ceil(2 * found) / 2 if math.isfinite(found) else math.inf
    if rounded == published:
        return "none"
    if rounded < published:
        return "better here" if row["is_exhaustive"] else "not seen in the sample"
    return f"worse here: {rounded:g} when rounded up"
