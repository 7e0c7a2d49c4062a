"""Writes a policy as an ONNX model, which many programs can run without PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnx.helper import make_node

from pglab.library.policy_files.policy import Policy

# Versions that runtimes of the last years read.
OPSET = 17
IR_VERSION = 8
_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh"}


def policy_onnx(policy: Policy) -> bytes:
    """Return the bytes of `policy.onnx`.

    The model's input is `observation` [batch, D]. Its outputs are `log_probabilities` [batch, A]
    and `action_probabilities` [batch, A]. All of these arrays are in single precision.
    """
    nodes: list[NodeProto] = []
    reached = "observation"
    for layer in policy.hidden:
        nodes.append(_linear(reached, layer.name, layer.name))
        reached = f"{layer.name}.active"
        nodes.append(make_node(_ACTIVATIONS[policy.config.activation], [layer.name], [reached]))
    nodes.append(_linear(reached, policy.output.name, "output"))
    reached = "output"
    if policy.symexp:
        nodes += _symexp(reached, "symexp")
        reached = "symexp"
    nodes += _softmax(reached) if policy.epsilon is None else _greedy(reached)
    graph = helper.make_graph(
        nodes,
        "policy",
        [_numbers("observation", policy.observation_size)],
        [_numbers(f"{kind}_probabilities", policy.actions) for kind in ("log", "action")],
        [*_parameters(policy), *_constants(policy)],
    )
    model = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="pglab",
    )
    helper.set_model_props(model, {"environment": policy.config.env_id})
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _numbers(name: str, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])


def _parameters(policy: Policy) -> list[TensorProto]:
    return [
        numpy_helper.from_array(np.ascontiguousarray(getattr(layer, part)), f"{layer.name}.{part}")
        for layer in policy.layers
        for part in ("weight", "bias")
    ]


def _constants(policy: Policy) -> list[TensorProto]:
    constants: dict[str, NDArray[Any]] = {}
    if policy.symexp:
        constants["one"] = np.array(1.0)
    if policy.epsilon is not None:
        random = policy.epsilon / policy.actions
        constants["actions"] = np.array(policy.actions)
        constants["random_greedy"] = np.array([random, 1 - policy.epsilon + random], np.float32)
    return [numpy_helper.from_array(array, name) for name, array in constants.items()]


def _linear(inputs: str, layer: str, outputs: str) -> NodeProto:
    return make_node(
        "Gemm", [inputs, f"{layer}.weight", f"{layer}.bias"], [outputs], name=layer, transB=1
    )


def _symexp(inputs: str, outputs: str) -> list[NodeProto]:
    """Compute sign(x)·(e^|x| − 1) in double precision, so that a small x loses no digits."""
    return [
        make_node("Cast", [inputs], ["x"], to=TensorProto.DOUBLE),
        make_node("Abs", ["x"], ["size"]),
        make_node("Exp", ["size"], ["exp"]),
        make_node("Sub", ["exp", "one"], ["expm1"]),
        make_node("Sign", ["x"], ["sign"]),
        make_node("Mul", ["sign", "expm1"], ["product"]),
        make_node("Cast", ["product"], [outputs], to=TensorProto.FLOAT),
    ]


def _softmax(logits: str) -> list[NodeProto]:
    return [
        make_node("LogSoftmax", [logits], ["log_probabilities"], axis=-1),
        make_node("Exp", ["log_probabilities"], ["action_probabilities"]),
    ]


def _greedy(values: str) -> list[NodeProto]:
    """Compute π: ε/A for each action, plus 1 − ε for the first action with the largest value."""
    return [
        make_node("ArgMax", [values], ["greedy"], axis=-1, keepdims=0),
        make_node("OneHot", ["greedy", "actions", "random_greedy"], ["action_probabilities"]),
        make_node("Log", ["action_probabilities"], ["log_probabilities"]),
    ]
