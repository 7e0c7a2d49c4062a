"""The losses of `pglab.losses` and their gradients. The derivatives were computed by hand."""

from __future__ import annotations

import math

from pglab.engine.compiling import compiled
from pglab.engine.kernels.layers import span_of


@compiled
def symexp_of(raw):
    """Compute sign(x)·(e^|x| − 1) for x = `raw`, as `pglab.networks.symexp` does."""
    size = math.expm1(abs(raw))
    return size if raw >= 0 else -size


@compiled
def squash(outputs, symexp, values):
    """Copy `outputs` to `values`. If `symexp` is true, apply the function symexp to each value."""
    for k in range(len(values)):
        values[k] = symexp_of(outputs[k]) if symexp else outputs[k]


@compiled
def log_policy(logits, symexp, policy):
    """Fill `policy` [A] with log π, computed from the actor's last outputs `logits` [A]."""
    squash(logits, symexp, policy)
    most = policy[0]
    for k in range(1, len(policy)):
        most = max(most, policy[k])
    total = 0.0
    for k in range(len(policy)):
        total += math.exp(policy[k] - most)
    shift = most + math.log(total)
    for k in range(len(policy)):
        policy[k] -= shift


@compiled
def greedy_policy(values, epsilon, policy):
    """Fill `policy` [A] with the log-probabilities of an ε-greedy policy for Q(s,·) [A]."""
    best = 0
    for k in range(1, len(values)):
        # As in PyTorch, the first NaN counts as the greatest value.
        if values[best] == values[best] and not values[k] <= values[best]:
            best = k
    for k in range(len(values)):
        policy[k] = math.log((1 - epsilon if k == best else 0.0) + epsilon / len(values))


@compiled
def actor_delta(outputs, symexp, policy, action, weight, pull, count, delta):
    """Fill `delta` [A] with the derivatives of the actor's loss for one sample.

    The derivatives are with respect to the actor's last outputs. The loss is
    −mean( w · log π(a|s) ) − pull · mean( H ), with means over `count` samples. H is the policy's
    entropy in nats. The function writes log π into `policy` [A].

    Returns:
        −w · log π(a|s) and H of this sample.
    """
    log_policy(outputs, symexp, policy)
    # `delta` has the network's precision, so the loss overflows when the PyTorch loss overflows.
    delta[0] = weight * policy[action]
    loss, entropy = -delta[0], 0.0
    for k in range(len(policy)):
        entropy -= math.exp(policy[k]) * policy[k]
    for k in range(len(policy)):
        p = math.exp(policy[k])
        chosen = 1.0 if k == action else 0.0
        derivative = -weight * (chosen - p) + pull * p * (policy[k] + entropy)
        if symexp:
            derivative *= math.exp(abs(outputs[k]))
        delta[k] = derivative / count
    return loss, entropy


@compiled
def critic_delta(outputs, symexp, action, target, factor, pull, count, delta):
    """Fill `delta` with the derivatives of factor · L for one sample.

    The derivatives are with respect to the critic's last outputs. The critic's loss is
    L = mean( (y − Q(s,a))² ) + pull · mean( Q(s,a) ), with means over `count` samples. The target y
    is a constant. `outputs` and `delta` are [A], or [1] for V(s).

    Returns:
        Q(s,a), and (y − Q(s,a))² + pull · Q(s,a) of this sample.
    """
    raw = outputs[action]
    estimate = symexp_of(raw) if symexp else raw
    error = target - estimate
    derivative = factor * (pull - 2 * error) / count
    if symexp:
        derivative *= math.exp(abs(raw))
    delta[0] = error * error + pull * estimate  # in the network's precision, as in `actor_delta`
    loss = delta[0]
    for k in range(len(delta)):
        delta[k] = 0
    delta[action] = derivative
    return estimate, loss


@compiled
def td_target(reward, terminated, outputs, symexp, gamma):
    """The TD target r + γ·(1 − d)·max Q(s′,·). `outputs` [A] are the critic's outputs for s′."""
    if terminated:
        return reward
    most = outputs[0]
    for k in range(1, len(outputs)):
        # If a value is NaN, the maximum must be NaN too, so that the run stops.
        if outputs[k] > most or outputs[k] != outputs[k]:
            most = outputs[k]
    # symexp is increasing, so the maximum can be taken before symexp.
    return reward + gamma * (symexp_of(most) if symexp else most)


@compiled
def signal_of(kind, values, probabilities, action):
    """The weight wₜ of an action, as `pglab.returns.policy_signal` computes it.

    `kind` is the index of the policy signal in `pglab.engine.settings.SIGNALS`.
    """
    baseline = 0.0
    if kind == 1:
        baseline = float(values[0])
        for k in range(1, len(values)):
            if values[k] > baseline or values[k] != values[k]:
                baseline = float(values[k])
    elif kind == 2:
        for k in range(len(values)):
            baseline += float(probabilities[k]) * float(values[k])
    return float(values[action]) - baseline


@compiled
def compare(table, rows, first, last, gradients):
    """Compare gradients[0] and gradients[1] on the layers `first` to `last` − 1 of a network.

    Returns:
        |gradients[0]|², |gradients[1]|² and gradients[0] · gradients[1].
    """
    actor, critic, dot = 0.0, 0.0, 0.0
    for place in range(first, last):
        start, end = span_of(table, rows[place])
        one, other = gradients[0, start:end], gradients[1, start:end]
        a, c, d = one[0] * 0, one[0] * 0, one[0] * 0
        for i in range(len(one)):
            a += one[i] * one[i]
            c += other[i] * other[i]
            d += one[i] * other[i]
        actor, critic, dot = actor + a, critic + c, dot + d
    return actor, critic, dot
