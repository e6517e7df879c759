"""What a claim states of accuracy, and what else it states."""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

from verify.claims.claim import Claim
from verify.claims.relation import Accurate, AllOf, Implies, Relation


class Stated(NamedTuple):
    """A statement of accuracy, and what must hold for it to count."""

    premises: tuple[Relation, ...]
    accurate: Accurate


def accuracies(relation: Relation, premises: tuple[Relation, ...] = ()) -> Iterator[Stated]:
    """The statements of accuracy in a relation."""
    match relation:
        case Accurate():
            yield Stated(premises, relation)
        case AllOf(relations):
            for part in relations:
                yield from accuracies(part, premises)
        case Implies(premise, conclusion):
            yield from accuracies(conclusion, (*premises, premise))


def others(relation: Relation) -> Relation | None:
    """The relation without its statements of accuracy; None where nothing is left."""
    match relation:
        case Accurate():
            return None
        case AllOf(relations):
            left = tuple(r for r in map(others, relations) if r is not None)
            return AllOf(left) if left else None
        case Implies(premise, conclusion):
            rest = others(conclusion)
            return None if rest is None else Implies(premise, rest)
        case _:
            return relation


def speaks_of_accuracy(claim: Claim) -> bool:
    """Whether a claim has a statement of accuracy."""
    return next(accuracies(stated_by(claim)), None) is not None


def without_accuracy(claim: Claim) -> Claim | None:
    """The claim without its statements of accuracy; None where nothing is left."""
    if others(stated_by(claim)) is None:
        return None
    return dataclasses.replace(claim, function=lambda **values: others(claim.function(**values)))


def stated_by(claim: Claim) -> Relation:
    """A claim's relation, with the variables of its jaxpr for sides."""
    return claim.traced.relation(claim.traced.program.jaxpr.outvars)
