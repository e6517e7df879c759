"""The steps of training_steps in PyTorch, which is imported when a step is made."""

from collections.abc import Callable
from typing import Any

Step = Callable[[], Any]


def _tensors(layers: Any) -> list[tuple[Any, Any]]:
    import torch

    return [tuple(torch.tensor(part, requires_grad=True) for part in layer) for layer in layers]


def _network(layers: Any, x: Any) -> Any:
    import torch

    for weights, bias in layers[:-1]:
        x = torch.relu(torch.nn.functional.linear(x, weights, bias))
    return torch.nn.functional.linear(x, *layers[-1])


def _descent(optimizer: Any, loss: Callable[[], Any]) -> tuple[Any, Any]:
    """A step of Adam; the loss and the norm of its gradient."""
    import torch

    optimizer.zero_grad(set_to_none=True)
    value = loss()
    leaves = [p for group in optimizer.param_groups for p in group["params"]]
    slopes = torch.autograd.grad(value, leaves)
    for leaf, slope in zip(leaves, slopes, strict=True):
        leaf.grad = slope
    optimizer.step()
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(s) for s in slopes]))
    return value.detach().numpy(), norm.numpy()


def _adam(layers: Any, rate: float) -> Any:
    import torch

    return torch.optim.Adam([part for layer in layers for part in layer], lr=rate)


def vae_step(inputs: Any, rate: float) -> Step:
    """A step of the VAE on its Bernoulli ELBO."""
    import torch

    model, x, noise = inputs
    encoder, decoder = _tensors(model.encoder), _tensors(model.decoder)
    x, noise = torch.tensor(x), torch.tensor(noise)
    optimizer = _adam([*encoder, *decoder], rate)

    def loss() -> Any:
        m, t = _network(encoder, x).chunk(2, dim=-1)
        decoded = _network(decoder, m + torch.exp(t / 2) * noise)
        by_torch = torch.nn.functional.binary_cross_entropy_with_logits
        fit = by_torch(decoded, x, reduction="none").sum(dim=-1)
        return (fit + (m**2 + torch.exp(t) - 1 - t).sum(dim=-1) / 2).mean()

    return lambda: _descent(optimizer, loss)


def gan_step(inputs: Any, rate: float) -> Step:
    """A step of the discriminator, and of the generator on the non-saturating loss."""
    import torch

    both, x, z, _ = inputs
    generator, critic = _tensors(both.generator), _tensors(both.critic)
    x, z = torch.tensor(x), torch.tensor(z)
    log_sigmoid = torch.nn.functional.logsigmoid

    def critic_loss() -> Any:
        with torch.no_grad():
            made = _network(generator, z)
        real, false = _network(critic, x), _network(critic, made)
        return -log_sigmoid(real).mean() - log_sigmoid(-false).mean()

    generator_loss = lambda: -log_sigmoid(_network(critic, _network(generator, z))).mean()
    return _round(generator, critic, (generator_loss, critic_loss), rate)


def wgan_step(penalty: float) -> Callable[[Any, float], Step]:
    """A step of the critic with the penalty on its slope, and of the generator."""

    def make(inputs: Any, rate: float) -> Step:
        import torch

        both, *data = inputs
        generator, critic = _tensors(both.generator), _tensors(both.critic)
        x, z, share = map(torch.tensor, data)

        def critic_loss() -> Any:
            with torch.no_grad():
                made = _network(generator, z)
            between = (share * x + (1 - share) * made).requires_grad_()
            total = _network(critic, between).sum()
            (slopes,) = torch.autograd.grad(total, between, create_graph=True)
            apart = _network(critic, made).mean() - _network(critic, x).mean()
            return apart + penalty * ((slopes.norm(dim=-1) - 1) ** 2).mean()

        generator_loss = lambda: -_network(critic, _network(generator, z)).mean()
        return _round(generator, critic, (generator_loss, critic_loss), rate)

    return make


def _round(generator: Any, critic: Any, losses: tuple[Any, Any], rate: float) -> Step:
    optimizers = _adam(generator, rate), _adam(critic, rate)
    return lambda: (_descent(optimizers[1], losses[1]), _descent(optimizers[0], losses[0]))
