"""The losses, as pure functions of tensors. The docstring of a loss begins with its formula."""

from __future__ import annotations

from torch import Tensor


def policy_gradient_loss(log_probs: Tensor, weights: Tensor) -> Tensor:
    """L = −meanₜ( wₜ · log π(aₜ|sₜ) ); −∇L estimates the policy gradient.

    Args:
        log_probs: [T] log π(aₜ|sₜ) of the actions taken, differentiable with respect to the
            policy's parameters.
        weights: [T] wₜ, such as returns or advantages. No gradient flows into the weights.

    Returns:
        Scalar.

    Raises:
        ValueError: the shapes differ, or there is no step.

    Source: Williams (1992); Sutton & Barto (2018), eq. 13.8, here averaged over the batch.
    """
    _check_steps("log_probs", log_probs, "weights", weights)
    return -(weights.detach() * log_probs).mean()


def value_loss(values: Tensor, returns: Tensor) -> Tensor:
    """L = meanₜ( (Gₜ − V(sₜ))² ), the loss of a learned baseline V.

    Args:
        values: [T] estimates V(sₜ), differentiable with respect to the parameters of V.
        returns: [T] observed returns Gₜ. No gradient flows into the returns.

    Returns:
        Scalar.

    Raises:
        ValueError: the shapes differ, or there is no step.

    Source: Sutton & Barto (2018), section 13.4.
    """
    _check_steps("values", values, "returns", returns)
    return ((returns.detach() - values) ** 2).mean()


def td_loss(q_values: Tensor, actions: Tensor, targets: Tensor, q_regularization: float) -> Tensor:
    """L = mean( (y − Q(s,a))² ) + q_regularization · mean( Q(s,a) ).

    The maximum in the target y makes the critic overestimate Q. The term with `q_regularization`
    pulls Q down, and so also changes the values to which the critic converges.

    Args:
        q_values: [B, A] Q(s,·), differentiable with respect to the critic's parameters.
        actions: [B] the actions taken, as integers.
        targets: [B] targets y. No gradient flows into the targets.
        q_regularization: factor of the second term; 0 switches the term off.

    Returns:
        Scalar.

    Raises:
        ValueError: the shapes do not fit together, or there is no step.

    Source: Watkins & Dayan (1992) for the first term. The second term comes from the seminar.
    """
    if q_values.ndim != 2 or actions.shape != q_values.shape[:1]:
        raise ValueError(
            f"q_values must be [B, A] and actions [B], "
            f"not {list(q_values.shape)} and {list(actions.shape)}"
        )
    estimates = of_actions(q_values, actions)
    _check_steps("estimates", estimates, "targets", targets)
    errors = targets.detach() - estimates
    return (errors**2).mean() + q_regularization * estimates.mean()


def of_actions(outputs: Tensor, actions: Tensor) -> Tensor:
    """Take from each row the output for the action taken: outputs [B, A], actions [B] → [B]."""
    return outputs.gather(1, actions[:, None]).squeeze(1)


def entropy(log_probabilities: Tensor) -> Tensor:
    """H = meanₜ( −Σₐ π(a|sₜ)·log π(a|sₜ) ) in nats.

    H is 0 if π is deterministic, and ln A if π is uniform over A actions.

    Args:
        log_probabilities: [T, A] log π of every action.

    Returns:
        Scalar.

    Source: Williams & Peng (1991), who use the entropy as a regulariser.
    """
    return -(log_probabilities.exp() * log_probabilities).sum(dim=-1).mean()


def _check_steps(first_name: str, first: Tensor, second_name: str, second: Tensor) -> None:
    if first.ndim != 1 or first.shape != second.shape or len(first) == 0:
        raise ValueError(
            f"{first_name} and {second_name} must be [T] with the same T ≥ 1, "
            f"not {list(first.shape)} and {list(second.shape)}"
        )
