"""Random trees of modules, each built twice: of our modules and of PyTorch's."""
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

import nn

NAMES = ["a", "b", "weight", "bias", "x_1", "0", "7"]
SHAPES = [(), (1,), (3,), (2, 3), (2, 0)]
KINDS = ["module", "list", "dict", "sequential"]


class Plain(nn.Module):
    pass


class Plan(NamedTuple):
    """What a module is made of: its kind, and named parts, each of which is one of these.

    ("parameter", shape), ("buffer", shape, dtype), ("none",), ("shared", n): the n-th part that was made before,
    or a Plan.
    """

    kind: str
    parts: list


@st.composite
def plans(draw, depth=3):
    kind = draw(st.sampled_from(KINDS)) if depth < 3 else "module"
    modules = plans(depth=depth - 1) if depth else st.builds(Plan, st.just("module"), st.just([]))
    part = modules | st.tuples(st.just("shared"), st.integers(0, 5))
    if kind == "module":
        part |= st.tuples(st.just("parameter"), st.sampled_from(SHAPES))
        part |= st.tuples(st.just("buffer"), st.sampled_from(SHAPES), st.sampled_from(["float32", "float64", "int64"]))
        part |= st.just(("none",))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return Plan(kind, [(name, draw(part)) for name in names])


def build(plan, seed=0, torch=None, made=None):
    """Our module, or PyTorch's, with values from a seed: the same seed and plan give the same values in both."""
    made = [] if made is None else made
    rng = np.random.default_rng(seed)
    module = {
        "module": torch.nn.Module if torch else Plain,
        "list": torch.nn.ModuleList if torch else nn.ModuleList,
        "dict": torch.nn.ModuleDict if torch else nn.ModuleDict,
        "sequential": torch.nn.Sequential if torch else nn.Sequential,
    }[plan.kind]()
    for number, (name, part) in enumerate(plan.parts):
        whole = isinstance(part, Plan)
        if whole:
            value = build(part, seed * 7 + number, torch, made)
        elif part[0] == "parameter":
            array = rng.standard_normal(part[1])
            value = torch.nn.Parameter(torch.tensor(array)) if torch else nn.Parameter(array)
        elif part[0] == "buffer":
            array = np.asarray(rng.standard_normal(part[1]) * 9).astype(part[2])
            value = torch.nn.Buffer(torch.tensor(array)) if torch else nn.Buffer(array)
        elif part[0] == "shared" and made:
            value = made[part[1] % len(made)]
            whole = isinstance(value, torch.nn.Module if torch else nn.Module)
        else:
            value = None
        if plan.kind == "module":
            setattr(module, name, value)
        elif not whole:
            continue  # a container holds modules only
        elif plan.kind == "dict":
            module[name] = value
        else:
            module.append(value)
        if value is not None:
            made.append(value)
    return module
