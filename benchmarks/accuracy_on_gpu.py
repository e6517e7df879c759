"""How fast, and how right, are sweeps on a GPU? Everything that needs one, in one call.

Intervals looked at on the device; JAX's table of primitives over all of float32; softplus and
its gradient over all of float32, and the Gaussian KL over all pairs of bfloat16, compilation
apart. Each part is in FOLDER/accuracy_on_gpu.json (FOLDER is $OUT without one) as soon as it is
done, and a part that fails says why and stops no other.

    python -m benchmarks.accuracy_on_gpu FOLDER
    python -m benchmarks.accuracy_on_gpu FOLDER --small     # some thousands of inputs, anywhere
"""

import argparse
import dataclasses
import functools
import json
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

import verify as vf
from benchmarks.accuracy_page import PUBLISHED
from benchmarks.accuracy_subjects import primitives
from verify.arithmetic.intervals import monotone, selfcheck
from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.measure import Plan, accuracy_of
from verify.checks.accuracy.target import target
from verify.checks.effort import effort_of
from verify.claims.domain import Interval
from verify.functions import gaussian_kl_to_standard
from verify.report.records import plain

CALLER = "benchmarks.accuracy_on_gpu"
LOOKED_AT = (
    *monotone.FUNCTIONS, "sin", "cos", "bessel_i1e", "lgamma", "digamma", "pow", "sqrt", "div",
    "rem",
)  # fmt: skip
SMALL = (0.5, 0.50390625)  # 2^16 float32 numbers, 2 of bfloat16


def swept(
    function: Callable[..., Any], domains: dict[str, Interval], *, dtype: str = "float32",
    gradient: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """A sweep of every input, and the seconds of its first block, which are compilation."""
    shapes = {name: domain.shape for name, domain in domains.items()}
    judged = target(CALLER, function, shapes, format_of(CALLER, dtype), gradient=gradient)
    plan = Plan.of(judged, domains, effort_of("standard"), 0, True, CALLER)
    start = time.perf_counter()
    plan.job.block(0, jax.devices()[0])
    compiled = time.perf_counter()
    found = plan.run()
    seconds = time.perf_counter() - compiled
    record = plain(dataclasses.asdict(accuracy_of(plan, found, seconds)))
    share = record["by_balls"] / max(record["inputs"], 1)
    return record | {"compilation": compiled - start, "seconds": seconds, "share_by_balls": share}


def intervals() -> dict[str, Any]:
    """The worst that is seen of each function that intervals take from the device."""
    return {name: _looked_at(name) for name in LOOKED_AT}


def _looked_at(name: str) -> dict[str, Any]:
    device = jax.devices()[0]
    worst = selfcheck.worst_seen(name, device)
    try:
        selfcheck.trusted([name], device)
    except selfcheck.DeviceInexact as why:
        return {**worst._asdict(), "trusted": False, "why": str(why)}
    return {**worst._asdict(), "trusted": True}


def parts(is_small: bool) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """What is to be done, in order: the short parts first."""
    yield "intervals", intervals
    whole, positive = vf.reals(), vf.positives()
    if is_small:
        whole = positive = vf.reals(*SMALL)
    yield "softplus", lambda: swept(jax.nn.softplus, {"x": whole})
    yield "softplus, gradient", lambda: swept(jax.nn.softplus, {"x": whole}, gradient=True)
    kl = {"mu": whole, "sigma": positive}
    yield "Gaussian KL", lambda: swept(gaussian_kl_to_standard, kl, dtype="bfloat16")
    for name, (_, published) in PUBLISHED.items():
        subject = primitives()[f"lax.{name}"]
        domains = {"x": whole} if is_small else dict(subject.domains)
        yield f"lax.{name}", functools.partial(_beside, published, subject.exact, domains)


def _beside(published: float, *arguments: Any) -> dict[str, Any]:
    return {**swept(*arguments), "published": published}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    file = Path(options.folder) / "accuracy_on_gpu.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    packages = {name: version(name) for name in ("jax", "jaxlib")}
    found: dict[str, Any] = {"device": jax.devices()[0].device_kind, "versions": packages}
    for name, part in parts(options.small):
        found[name] = _tried(part)
        file.write_text(json.dumps(plain(found), indent=1) + "\n")
        print(f"{name}: {_line(found[name])}", flush=True)


def _tried(part: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return part()
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def _line(found: dict[str, Any]) -> str:
    if "error" in found:
        return found["error"]
    if "ulps" not in found:
        bad = [name for name, seen in found.items() if not seen["trusted"]]
        return f"{len(found)} functions looked at, not trusted: {', '.join(bad) or 'none'}"
    worst = f"{found['ulps']} ulps, {found['inputs']:,} inputs in {found['seconds']:.2f} s"
    beside = f" (published: {found['published']})" if "published" in found else ""
    return f"{worst}, {found['compilation']:.2f} s of compilation{beside}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default=os.environ.get("OUT", "."), metavar="FOLDER")
    parser.add_argument("--small", action="store_true", help="a few inputs, to try it")
    return parser


if __name__ == "__main__":
    main()
