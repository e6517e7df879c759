"""Games of two players, a generator and a critic, each of whom follows a loss of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax.tree_util import Partial
from jaxtyping import Array

from verify.models import steps as loop
from verify.models.sizes import record, whole
from verify.models.steps import Carry, Metrics, Plan, Progress


class Players(NamedTuple):
    """Something of each player: parameters, a loss, an optimizer or its state."""

    generator: Any
    critic: Any


class Game(NamedTuple):
    """What a game gives.

    Attributes:
        parameters: of both players after the last round.
        state: of both optimizers after the last round.
        metrics: by name, a row a round: "generator_loss" and "critic_loss" as each player saw
            it before it moved (the critic before the last of its moves in the round), in the
            unit of the loss, "generator_gradient_norm" and "critic_gradient_norm", and what the
            losses gave. A NaN or an infinity is seen in the round in which it arises.
    """

    parameters: Players
    state: Players
    metrics: Metrics


def play(
    losses: Players,
    parameters: Players,
    optimizers: Players,
    batches: Callable[[Array], Any],
    *,
    key: Array,
    steps: int,
    critic_steps: int = 1,
    project: Callable[[Any], Any] | None = None,
    simultaneous: bool = False,
    dtype: Any = None,
    devices: Sequence[Any] = (),
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    every: int | None = None,
) -> Game:
    """D ← P(D + u_D(∇_D L_D(G, D))), n times, then G ← G + u_G(∇_G L_G(G, D)): one round.

    Under jit, vmap and grad it is one loop without callbacks, as fit is, and elsewhere compiled
    once for the same functions. Every move has a batch and a key of its own.

    Args:
        losses: L_G and L_D, each from Players (the parameters of both), a key and a batch to a
            scalar, or to a scalar and a dict of metrics; each player makes its own small.
        parameters: G and D before the first round, any pytrees of floating arrays.
        optimizers: u_G and u_D, of optax.
        batches: from a key to a batch, as for fit.
        key: of JAX's random numbers.
        steps: rounds, at least 0.
        critic_steps: n, the moves of the critic in a round, at least 1.
        project: P, what is done to the critic after each of its moves, such as clip_weights.
        simultaneous: whether the generator answers the critic as it was before the round; then
            n is 1.
        dtype, devices, progress, checkpoint, every: as for fit; steps are rounds.

    Returns:
        The parameters, the states of the optimizers, and metrics.

    Raises:
        TypeError: losses, parameters or optimizers are no Players, or as for fit.
        ValueError: critic_steps is out of range, or as for fit.

    Source: Goodfellow et al. (2014), algorithm 1; with P, Arjovsky, Chintala and Bottou (2017).

    Example:
        >>> losses = Players(lambda both, key, x: both.generator * both.critic,
        ...                  lambda both, key, x: -both.generator * both.critic)
        >>> slow = Players(optax.sgd(0.5), optax.sgd(0.5))
        >>> ends = play(losses, Players(1.0, 0.0), slow, lambda key: None,
        ...             key=jax.random.key(0), steps=1).parameters
        >>> float(ends.generator), float(ends.critic)
        (0.75, 0.5)
    """
    loop.need_dtype("play", dtype)
    step = Partial(
        _Round(
            *_optimizers(optimizers),
            *_moves(critic_steps, simultaneous),
            dtype,
            tuple(devices),
        ),
        *_losses(losses),
        loop.function_of("play", "batches", batches),
        loop.function_of("play", "project", project or _unchanged),
    )
    for name, part in record("play", "parameters", parameters, Players)._asdict().items():
        loop.need_floats("play", f"parameters.{name}", part)
    states = Players(*(jax.jit(u.init)(p) for u, p in zip(optimizers, parameters, strict=True)))
    plan = Plan(key, steps, every, progress, checkpoint)
    (parameters, states), metrics = loop.run("play", step, Carry(parameters, states), plan)
    return Game(parameters, states, metrics)


class _Round(NamedTuple):
    """One round of play; equal ones share what is compiled."""

    generator: optax.GradientTransformation
    critic: optax.GradientTransformation
    critic_steps: int
    simultaneous: bool
    dtype: Any
    devices: tuple[Any, ...]

    def __call__(
        self,
        generator_loss: Partial,
        critic_loss: Partial,
        batches: Partial,
        project: Partial,
        carry: Carry,
        key: Array,
    ) -> tuple[Carry, Metrics]:
        first, states = carry
        own_key, *keys = jax.random.split(key, 1 + self.critic_steps)

        def move(critic: tuple[Any, Any], key: Array) -> tuple[tuple[Any, Any], Metrics]:
            now = first._replace(critic=critic[0])
            new, state, told = self._moved("critic", critic_loss, batches, now, critic[1], key)
            return (project(new), state), told

        critic, told = lax.scan(move, (first.critic, states.critic), jnp.stack(keys))
        seen = first if self.simultaneous else first._replace(critic=critic[0])
        generator, state, own = self._moved(
            "generator", generator_loss, batches, seen, states.generator, own_key
        )
        told = loop.joined("play", own, jax.tree.map(lambda rows: rows[-1], told))
        moved = Carry(Players(generator, critic[0]), Players(state, critic[1]))
        return loop.everywhere(self.devices, moved), told

    def _moved(
        self, who: str, loss: Partial, batches: Partial, players: Players, state: Any, key: Array
    ) -> tuple[Any, Any, Metrics]:
        """A player after its move, the state of its optimizer, and metrics."""
        batch_key, loss_key = jax.random.split(key)
        batch = loop.cast(self.dtype, loop.across("play", self.devices, batches(batch_key)))

        def objective(own: Any) -> tuple[Array, Metrics]:
            both = loop.cast(self.dtype, players._replace(**{who: own}))
            given = loss(both, loss_key, batch)
            return loop.scalar_and_metrics("play", f"losses.{who}", given)

        own = getattr(players, who)
        (value, metrics), slope = jax.value_and_grad(objective, has_aux=True)(own)
        updates, state = getattr(self, who).update(slope, state, own)
        told = {f"{who}_loss": value, f"{who}_gradient_norm": loop.norm(slope)}
        return optax.apply_updates(own, updates), state, loop.joined("play", told, metrics)


def _unchanged(critic: Any) -> Any:
    return critic


def _losses(losses: Any) -> list[Partial]:
    named = record("play", "losses", losses, Players)._asdict().items()
    return [loop.function_of("play", f"losses.{name}", loss) for name, loss in named]


def _optimizers(optimizers: Any) -> Players:
    for name, optimizer in record("play", "optimizers", optimizers, Players)._asdict().items():
        loop.need_optimizer("play", f"optimizers.{name}", optimizer)
    return optimizers


def _moves(critic_steps: Any, simultaneous: Any) -> tuple[int, bool]:
    """The number of the critic's moves and whether both players move at once."""
    moves = whole("play", "critic_steps", critic_steps, least=1)
    if not isinstance(simultaneous, bool):
        got = type(simultaneous).__name__
        raise TypeError(f"play needs simultaneous as a bool, got {got}.")
    if simultaneous and moves > 1:
        raise ValueError(f"play needs critic_steps=1 where simultaneous, got {moves}.")
    return moves, simultaneous
