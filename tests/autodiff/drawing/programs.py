"""Random small programs as data, so that one can be run twice; and what a test looks at in a graph and in a picture."""
import re
import xml.etree.ElementTree as ElementTree
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import autodiff as ad
from autodiff.drawing.escaping import LONGEST_NAME, printable

UNARY = {
    "tanh": ad.tanh, "exp": ad.exp, "relu": ad.relu, "neg": ad.neg, "copy": ad.copy, "square": ad.square,
    "transpose": ad.transpose, "cumsum": lambda x: ad.cumsum(x, 0) if x.ndim else x + 0.5,
    "total": lambda x: ad.sum(x, keepdims=True), "half": lambda x: x * 0.5, "row": lambda x: x[None][0],
    "half precision": lambda x: x.astype(np.float16),
}  # fmt: skip
BINARY = {
    "add": ad.add, "sub": ad.sub, "mul": ad.mul, "div": ad.div, "maximum": ad.maximum,
    "where": lambda x, y: ad.where(np.asarray(x.data > 0), x, y), "stack": lambda x, y: np.stack([x, y])[1],
    "join": lambda x, y: np.concatenate([x.reshape(-1), y.reshape(-1)]).sum(),
}  # fmt: skip
WALKS = ("none", "backward", "retain_graph", "create_graph")

#: Names as users might give them, and as they never would.
names = st.one_of(
    st.sampled_from(["w", "layer.0.weight", "<b>&amp;", 'say "x"', "a\nb", "\\N", "\\", "ends\\"]),
    st.sampled_from(["日本 é", "{|}", "]>", "-->", " ", "a  b ", "&#92;", "%s", "\x00", "\ud800", "\ufffe"]),
    st.text(min_size=1, max_size=30).filter(lambda name: len(printable(name)) <= LONGEST_NAME),
)
floats = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 6e4, 1e-7]))


@dataclass(frozen=True)
class Program:
    """Leaves, and steps that each use two earlier results; how it is run and walked."""

    shape: tuple[int, ...]
    dtype: str
    leaves: tuple[tuple[str, float], ...]
    steps: tuple[tuple[str, int, int, str], ...]
    recorded: bool
    walk: str

    def run(self):
        """The last result, and the leaves by name."""
        leaves = {
            name: ad.Tensor(np.full(self.shape, value, self.dtype), requires_grad=True) for name, value in self.leaves
        }
        results = list(leaves.values())
        with ad.record() if self.recorded else nullcontext(), np.errstate(all="ignore"):
            for what, first, second, scope in self.steps:
                x, y = results[first % len(results)], results[second % len(results)]
                with ad.scope(scope) if scope else nullcontext():
                    fits = np.shape(x.data) == np.shape(y.data) and x.dtype == y.dtype
                    results.append(UNARY[what](x) if what in UNARY else BINARY[what](x, y if fits else x))
            out = results[-1]
            if self.walk != "none":
                settings = {} if self.walk == "backward" else {self.walk: True}
                out.backward(np.ones(out.shape), **settings)
        return out, leaves


programs = st.builds(
    Program,
    shape=st.sampled_from([(), (1,), (0,), (3,), (2, 3), (4, 2), (2, 0), (1, 2, 2)]),
    dtype=st.sampled_from(["f8", "f4", "f2", "g"]),
    leaves=st.lists(st.tuples(names, floats), min_size=1, max_size=3, unique_by=lambda leaf: leaf[0]).map(tuple),
    steps=st.lists(
        st.tuples(
            st.sampled_from([*UNARY, *BINARY]), st.integers(0, 9), st.integers(0, 9), st.sampled_from(["", "a", "a/b"])
        ),
        max_size=8,
    ).map(tuple),
    recorded=st.booleans(),
    walk=st.sampled_from(WALKS),
)


def nodes_of(tensor):
    """Every node of a graph, found without the code under test."""
    found, left = {}, [tensor.node]
    while left:
        node = left.pop()
        if isinstance(node, ad.Node) and id(node) not in found:
            found[id(node)] = node
            left.extend(node.parents)
    return list(found.values())


def lines_of(source, kind):
    """The lines that declare boxes ("t") or circles ("o")."""
    return re.findall(rf"^ *{kind}\d+ \[.*$", source, re.MULTILINE)


def texts_of(svg):
    """The texts of an SVG, in its order."""
    root = ElementTree.fromstring(svg)
    return [(each.text or "").replace("\xa0", " ") for each in root.iter("{http://www.w3.org/2000/svg}text")]
