"""What the balls of a relation's sides say about it at one point."""

import enum
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
from flint import arb

from verify.arithmetic.arrays import boxed
from verify.arithmetic.definedness import Undefined
from verify.claims.relation import Accurate, AllOf, AtMost, Equal, Implies, Less, Relation


class Truth(enum.Enum):
    """What is known at a point."""

    TRUE = "true for certain"
    AGREES = "nothing speaks against it, to some digits"
    VACUOUS = "the premise fails"
    UNKNOWN = "the balls are too wide to tell"
    FALSE = "false for certain"


class Judgement(NamedTuple):
    """What is known of a relation at a point, and how well.

    Attributes:
        truth: what is known.
        digits: to which the sides agree; infinite where they are the same.
        strength: of a decision: the gap between the balls over their radii.
        width: of the widest difference that matters, infinite for NaN.
        near_zero: the agreement is absolute: no side is known to differ from zero.
        why: for the reader, where the truth is UNKNOWN or FALSE.
    """

    truth: Truth
    digits: float = math.inf
    strength: float = math.inf
    width: float = 0.0
    near_zero: bool = False
    why: str = ""


_VACUOUS = Judgement(Truth.VACUOUS)


def judge(relation: Relation) -> Judgement:
    """What balls for its sides say about a relation."""
    match relation:
        case AllOf(relations):
            return _all(judge(r) for r in relations)
        case Implies(premise, conclusion):
            return _implied(judge(premise), lambda: judge(conclusion))
        case Equal(left, right):
            return _all(_equal(a, b) for a, b in _entries(left, right))
        case Less(left, right):
            return _all(_less(a, b) for a, b in _entries(left, right))
        case AtMost(left, right):
            return _all(_at_most(a, b) for a, b in _entries(left, right))
        case Accurate():
            raise TypeError("accuracy is judged in floats, not in balls.")


def _entries(left: Any, right: Any) -> Iterator[tuple[Any, Any]]:
    """The entries of two sides in pairs, of one kind each."""
    return itertools.starmap(_alike, _paired(left, right))


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """What stands beside a ball as a ball: `ball == 1` is False where the ball holds 1."""
    if isinstance(a, arb) and isinstance(b, int):
        return a, arb(int(b))
    if isinstance(b, arb) and isinstance(a, int):
        return arb(int(a)), b
    return a, b


def _paired(left: Any, right: Any) -> Iterator[tuple[Any, Any]]:
    """Entry by entry; a scalar stands for all of a leaf's."""
    if isinstance(left, arb) and isinstance(right, arb):  # most often
        yield left, right
        return
    for a, b in zip(jax.tree.leaves(left, is_leaf=_is_value),
                    jax.tree.leaves(right, is_leaf=_is_value), strict=True):  # fmt: skip
        x, y = boxed(a), boxed(b)
        if x.ndim and y.ndim:
            yield from zip(x.flat, y.flat, strict=True)
        elif x.ndim:
            yield from zip(x.flat, itertools.repeat(y[()]))
        else:
            yield from zip(itertools.repeat(x[()]), y.flat)


def _is_value(value: Any) -> bool:
    """None is an undecided boolean here, not an empty pytree."""
    return value is None or isinstance(value, Undefined)


def _all(judgements: Iterable[Judgement]) -> Judgement:
    """Every one must hold: one that is false decides, then one that is unknown."""
    found = list(judgements)
    if len(found) == 1:
        return found[0]
    for truth in (Truth.FALSE, Truth.UNKNOWN):
        those = [j for j in found if j.truth is truth]
        if those:
            return max(those, key=lambda j: (j.strength, -j.width))
    stand = [j for j in found if j.truth is not Truth.VACUOUS]
    if not stand:
        return _VACUOUS if found else Judgement(Truth.TRUE)
    return Judgement(
        Truth.TRUE if all(j.truth is Truth.TRUE for j in stand) else Truth.AGREES,
        digits=min(j.digits for j in stand),
        strength=min(j.strength for j in stand),
        width=max(j.width for j in stand),
        near_zero=any(j.near_zero for j in stand),
        why=min(stand, key=lambda j: j.digits).why,
    )


def _implied(premise: Judgement, conclusion: Any) -> Judgement:
    if premise.truth in (Truth.FALSE, Truth.VACUOUS):
        return _VACUOUS
    follows = conclusion()
    if premise.truth is Truth.TRUE:
        strength = min(premise.strength, follows.strength)
        return Judgement(follows.truth, follows.digits, strength, follows.width,
                         follows.near_zero, follows.why)  # fmt: skip
    if follows.truth in (Truth.TRUE, Truth.AGREES):
        return follows
    why = premise.why or "the premise could not be decided"
    return Judgement(Truth.UNKNOWN, width=premise.width, why=why)


def _undefined(a: Any, b: Any) -> Judgement | None:
    """What follows where a side does not exist."""
    lost = [side for side in (a, b) if isinstance(side, Undefined)]
    if not lost:
        return None
    known = b if lost[0] is a else a
    if len(lost) == 2 or _is_unknown(known):
        return Judgement(Truth.UNKNOWN, width=math.inf, why=f"neither side exists: {lost[0].why}")
    return Judgement(Truth.FALSE, why=f"one side does not exist: {lost[0].why}")


def _is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, arb) and value.is_nan())


def _equal(a: Any, b: Any) -> Judgement:
    lost = _undefined(a, b)
    if lost:
        return lost
    if not isinstance(a, arb) or not isinstance(b, arb):
        return _discrete(a, b, a == b)
    if not (a.is_finite() and b.is_finite()):
        return _infinite(a, b, lambda: a == b)
    difference = a - b
    if not difference.contains(0):
        return Judgement(Truth.FALSE, strength=_strength(difference), width=_width(difference))
    if difference.is_zero():
        return Judgement(Truth.TRUE)
    return _agreement(a, b, difference)


def _agreement(a: arb, b: arb, difference: arb) -> Judgement:
    """Overlapping balls, and to how many digits they are known to agree."""
    radius = _float(difference.rad())
    near_zero = a.contains(0) and b.contains(0)
    scale = 1.0 if near_zero else max(_float(abs(a).mid()), _float(abs(b).mid()))
    if scale == 0.0 or radius == 0.0:  # outside the range of floats: compare as balls
        ratio = difference.rad() / (arb(1) if near_zero else max(abs(a).mid(), abs(b).mid()))
        digits = -_float(ratio.log()) / math.log(10) if ratio > 0 else math.inf
    else:
        digits = math.log10(scale) - math.log10(radius) if math.isfinite(radius) else -math.inf
    return Judgement(Truth.AGREES, digits, width=radius, near_zero=near_zero,
                     why=f"the sides are known to {max(digits, 0):.0f} digits only")  # fmt: skip


def _less(a: Any, b: Any) -> Judgement:
    if isinstance(a, Undefined) or isinstance(b, Undefined):
        return _lost_order(a, b)
    if not isinstance(a, arb) or not isinstance(b, arb):
        return _discrete(a, b, a is not None and b is not None and a < b)
    if not (a.is_finite() and b.is_finite()):
        return _infinite(a, b, lambda: a < b)
    difference = b - a
    if difference > 0:
        return Judgement(Truth.TRUE, strength=_strength(difference))
    if difference <= 0:
        return Judgement(Truth.FALSE, strength=_strength(difference))
    return Judgement(Truth.UNKNOWN, width=_width(difference),
                     why="the sides are too close to tell which is less")  # fmt: skip


def _at_most(a: Any, b: Any) -> Judgement:
    if isinstance(a, Undefined) or isinstance(b, Undefined):
        return _lost_order(a, b)
    if not isinstance(a, arb) or not isinstance(b, arb):
        return _discrete(a, b, a is not None and b is not None and a <= b)
    if not (a.is_finite() and b.is_finite()):
        return _infinite(a, b, lambda: a <= b)
    difference = b - a
    if difference >= 0:
        return Judgement(Truth.TRUE, strength=_strength(difference))
    if difference < 0:
        return Judgement(Truth.FALSE, strength=_strength(difference))
    return _agreement(a, b, difference)


def _lost_order(a: Any, b: Any) -> Judgement:
    lost = a if isinstance(a, Undefined) else b
    return Judgement(Truth.UNKNOWN, width=math.inf, why=f"a side does not exist: {lost.why}")


def _discrete(a: Any, b: Any, holds: bool) -> Judgement:
    if a is None or b is None:
        return Judgement(Truth.UNKNOWN, width=math.inf, why="a comparison could not be decided")
    return Judgement(Truth.TRUE if holds else Truth.FALSE)


def _infinite(a: arb, b: arb, holds: Any) -> Judgement:
    """Sides of which one is infinite for certain, or not known at all."""
    if not all(side.is_finite() or (side.is_exact() and not side.is_nan()) for side in (a, b)):
        return Judgement(Truth.UNKNOWN, width=math.inf, why="a side could not be computed")
    return Judgement(Truth.TRUE if holds() else Truth.FALSE)


def _strength(difference: arb) -> float:
    radius = difference.rad()
    return math.inf if radius.is_zero() else _float(abs(difference).lower() / radius)


def _width(difference: arb) -> float:
    return _float(difference.rad())


def _float(value: Any) -> float:
    return float(value.mid()) if isinstance(value, arb) else float(value)


def failing_sides(relation: Relation) -> str:
    """The sides of the entry that fails most clearly, for a reader."""
    return max(_failures(relation), default=(0.0, ""))[1]


def _failures(relation: Relation) -> Iterator[tuple[float, str]]:
    rules = {Equal: (_equal, "="), Less: (_less, "<"), AtMost: (_at_most, "<=")}
    for part in _stated(relation):
        test, sign = rules[type(part)]
        for a, b in _entries(part.left, part.right):
            found = test(a, b)
            if found.truth is Truth.FALSE:
                yield found.strength, f"{_text(a)} {sign} {_text(b)} is false"


def _stated(relation: Relation) -> Iterator[Equal | Less | AtMost]:
    """The comparisons that a relation states, without its premises."""
    match relation:
        case AllOf(relations):
            for each in relations:
                yield from _stated(each)
        case Implies(_, conclusion):
            yield from _stated(conclusion)
        case Equal() | Less() | AtMost():
            yield relation


def _text(side: Any) -> str:
    if not isinstance(side, arb):
        return str(side)
    if not side.is_finite():
        return "inf" if side > 0 else "-inf"
    if side.contains(0):
        return "0"
    number, e, power = side.str(12, radius=False).partition("e")
    return (number.rstrip("0").rstrip(".") if "." in number else number) + e + power


_ALIKE = 1e-3  # of a gap, by which two looks at its sides may differ


def are_alike(first: Relation, second: Relation) -> bool:
    """Whether two readings of the sides differ by little beside the gap between them."""
    gaps = [_float(abs(a - b).mid()) for a, b in _known_pairs(first)]
    allowed = _ALIKE * max(gaps, default=0.0)
    return all(_is_alike(a, b, allowed) for a, b in _read_twice(first, second))


def are_far_apart(first: Relation, second: Relation) -> bool:
    """Whether two readings of some side differ by a thousandth of it and more."""
    return any(_is_far(a, b) for a, b in _read_twice(first, second))


def _read_twice(first: Relation, second: Relation) -> Iterator[tuple[Any, Any]]:
    """Each entry of the sides in two readings."""
    entries = (
        [v for leaf in jax.tree.leaves(r, is_leaf=_is_value) for v in boxed(leaf).flat]
        for r in (first, second)
    )
    return zip(*entries, strict=True)


def _is_far(a: Any, b: Any) -> bool:
    if not (isinstance(a, arb) and isinstance(b, arb) and a.is_finite() and b.is_finite()):
        return False
    return bool(abs(a - b) > _ALIKE * abs(a).max(abs(b)))


def _is_alike(a: Any, b: Any, allowed: float) -> bool:
    if isinstance(a, arb) and isinstance(b, arb) and a.is_finite() and b.is_finite():
        return a.overlaps(b) or _float(abs(a - b).upper()) <= allowed
    return a is b or bool(a == b)


def _known_pairs(relation: Relation) -> Iterator[tuple[arb, arb]]:
    """The pairs of entries whose difference is known."""
    for part in _stated(relation):
        for a, b in _entries(part.left, part.right):
            if isinstance(a, arb) and isinstance(b, arb) and (a - b).is_finite():
                yield a, b
