"""JavaScript made from the rules agrees with the engine to 1e-12: run by node, on the calls of the registry."""
from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff.drawing.formulas import RUNTIME, derivative, forward_formula

from .calls import RULES, drawn

NODE = shutil.which("node") or shutil.which("nodejs")
ELEMENTWISE = [name for name in RULES if ad.REGISTRY[name].elementwise]


def points() -> list[tuple[str, dict[str, float], float]]:
    """Expressions, values of their names, and what the engine gives."""
    found = []
    for name in ELEMENTWISE:
        for call in drawn(name, 8):
            broadcast = np.broadcast_arrays(*call.operands)
            if not broadcast[0].size or name == "astype":
                continue
            operands = tuple(np.asarray(x.flat[0]) for x in broadcast)
            found += compared(call.primitive, call.index, call.static, operands)
    for operands in ((0.0, 0.0), (0.0, 2.0), (2.0, 0.0), (2.0, 2.0), (-3.0, 2.0)):
        for name in ("pow", "hypot", "maximum", "minimum"):
            x, y = (np.asarray(value) for value in operands)
            found += compared(ad.REGISTRY[name], 0, {}, (x, y))
    for value in (0.0, -7.0, 7.0, 0.46875, 1e-9, 40.0, -40.0):
        for name in ("relu", "abs", "leaky_relu", "elu", "erf", "gelu", "sigmoid", "softplus", "silu", "log_sigmoid"):
            primitive = ad.REGISTRY[name]
            static = dict(primitive.static)
            found += compared(primitive, 0, static, (np.asarray(value),))
    return found


def compared(
    primitive: ad.Primitive, index: int, static: dict[str, Any], operands: tuple[Any, ...]
) -> list[tuple[str, dict[str, float], float]]:
    given = [ad.Tensor(x, requires_grad=True) if i == index else x for i, x in enumerate(operands)]
    out = primitive(*given, **static)
    out.backward(np.asarray(1.7))
    names = dict(zip(primitive.inputs, operands, strict=True)) | {"out": out.data, "g": 1.7}
    values = {name: bool(x) if np.asarray(x).dtype == bool else float(x) for name, x in names.items()}
    backward = derivative(primitive, index, static).javascript(), values, float(given[index].grad.data)
    return [backward, (forward_formula(primitive, static).javascript(), values, float(out.data))]


@pytest.mark.skipif(NODE is None, reason="node is not installed: nothing here can run JavaScript")
def test_the_page_computes_what_the_engine_computes() -> None:
    every = points()
    assert len(every) > 500
    lines = [
        f"(({', '.join(values)}) => {code})({', '.join(json.dumps(v) for v in values.values())})"
        for code, values, _ in every
    ]
    script = RUNTIME + "console.log(JSON.stringify([" + ",\n".join(lines) + "].map(v => String(+v))));"
    done = subprocess.run([str(NODE), "-e", script], capture_output=True, text=True, timeout=60, check=True)
    for (code, values, expected), actual in zip(every, json.loads(done.stdout), strict=True):
        np.testing.assert_allclose(
            float(actual.replace("Infinity", "inf")), expected, rtol=1e-12, atol=1e-12, err_msg=f"{code} {values}"
        )


def test_every_elementwise_primitive_has_javascript_forward_and_back() -> None:
    for name in ELEMENTWISE:
        primitive = ad.REGISTRY[name]
        static = {"dtype": np.dtype("f8")} if name == "astype" else {}
        assert forward_formula(primitive, static).javascript()
        for index, rule in enumerate(primitive.rules):
            if rule is not None:
                assert derivative(primitive, index, static).javascript()


def test_what_is_not_elementwise_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="matmul has no formula in JavaScript: it is not elementwise"):
        derivative(ad.REGISTRY["matmul"], 0).javascript()
