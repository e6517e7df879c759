"""The blocks of a measurement: all inputs there are, or random ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax

from verify.checks.accuracy.enumeration import Grid
from verify.checks.accuracy.judge import Judge
from verify.checks.accuracy.sampling import Sample
from verify.checks.accuracy.tally import Tally, join
from verify.claims.domain import Domain


@dataclass(frozen=True)
class _Blocks:
    """Blocks that a judge looks at.

    Attributes:
        judge: of the target.
        most_balls: in each block, how many errors balls may settle.
    """

    judge: Judge
    most_balls: int | None

    part_type = Tally

    def join(self, parts: Iterable[Tally]) -> Tally:
        return join(parts)

    def told(self, part: Tally) -> tuple[float, str]:
        """The worst error of a part, of those that are known."""
        worst = part.worst[0].size if part.worst else 0.0
        return worst, f"{worst:.3g} ulps"


@dataclass(frozen=True)
class Everything(_Blocks):
    """Every input there is."""

    grid: Grid

    @property
    def blocks(self) -> int:
        return self.grid.blocks

    def inputs(self, number: int) -> int:
        return self.grid.count(number)

    def block(self, number: int, device: Any) -> Tally:
        return self.judge.tally(self.grid.inputs(number), self.most_balls, device)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What must be the same for a sweep to go on."""
        return _identity(self.judge, self.grid.domains)


@dataclass(frozen=True)
class Some(_Blocks):
    """Special inputs, then random ones."""

    sample: Sample
    count: int

    @property
    def blocks(self) -> int:
        return 1 + -(-self.count // self.judge.size)

    def inputs(self, number: int) -> int:
        return self.judge.size

    def block(self, number: int, device: Any) -> Tally:
        if number:
            batch = self.sample.batch(number, self.judge.size)
            return self.judge.tally(batch, self.most_balls, device)
        special = self.sample.special()
        size = self.judge.size
        starts = range(0, len(special[0]), size)
        batches = (tuple(c[i : i + size] for c in special) for i in starts)
        return join(self.judge.tally(batch, self.most_balls, device) for batch in batches)

    @property
    def identity(self) -> Mapping[str, Any]:
        drawn = {"count": self.count, "seed": self.sample.seed}
        return {**_identity(self.judge, self.sample.domains), **drawn}


def _identity(judge: Judge, domains: Mapping[str, Domain]) -> dict[str, Any]:
    target = judge.target
    versions = {name: _version(name) for name in ("jax", "jaxlib", "verify-jax")}
    return {
        "function": target.name,
        "fingerprint": target.fingerprint,
        "dtype": target.format.name,
        "gradient": target.gradient,
        "versions": versions,
        "device": jax.devices()[0].device_kind,
        "domains": {name: repr(domain) for name, domain in domains.items()},
        "block": judge.size,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
