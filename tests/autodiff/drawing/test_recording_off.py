"""Where nothing is recorded, recording costs nothing: the very same instructions run, with and without `drawing`.

No clock is looked at: instructions, calls and blocks of memory are counted, which a busy machine does not change.
"""
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import autodiff as ad
from autodiff import modes
from autodiff.observe import Observer, record

COUNTED = textwrap.dedent(
    """
    import gc, sys
    from collections import Counter
    import numpy as np
    import autodiff as ad

    x = ad.Tensor(np.ones((2, 3)), requires_grad=True)
    w = ad.Tensor(np.ones((3, 2)), requires_grad=True)

    def forward():
        h = ad.tanh(x @ w) * 2.0 + 1.0
        return ad.sum(h * h[:, :1])

    def step():
        x.grad = w.grad = None
        loss = forward()
        loss.backward()
        return loss

    def instructions():
        "Every instruction that a step runs, and how often."
        found = Counter()
        def trace(frame, event, argument):
            frame.f_trace_opcodes = True
            if event == "opcode":
                found[frame.f_code, frame.f_lasti] += 1
            return trace
        sys.settrace(trace)
        try:
            step()
        finally:
            sys.settrace(None)
        return found

    def calls():
        "Every function that a step calls, C's included, and how often."
        found = Counter()
        def profile(frame, event, argument):
            found[event, argument.__qualname__ if event.startswith("c_") else frame.f_code] += 1
        sys.setprofile(profile)
        try:
            step()
        finally:
            sys.setprofile(None)
        return +found

    def blocks():
        "How many blocks of memory the graph of a step holds."
        gc.collect()
        gc.disable()
        held = step()
        during = sys.getallocatedblocks()
        del held
        after = sys.getallocatedblocks()
        gc.enable()
        return during - after

    def all_of_it():
        for _ in range(3):
            step(), instructions(), calls(), blocks()
        return instructions(), calls(), min(blocks() for _ in range(5))

    assert not [name for name in sys.modules if name.startswith("autodiff.drawing")], "importing autodiff loads it"
    without = all_of_it()
    code = ad.mul.call.__code__, ad.mul.source
    """
)
LATER = {
    "imported": "import autodiff.drawing, autodiff.drawing.explain",
    "recorded and left": "with ad.record(): step()",
    "drawn": "ad.draw(forward).pipe('dot')",
    "explained": "from autodiff.drawing.explain.recording import tell; tell(forward, (), None, None)",
    "failed": (
        "try:\n    with ad.record(), ad.detect_anomaly(): step(); raise ZeroDivisionError\n"
        "except ZeroDivisionError: pass"
    ),
}


@pytest.mark.parametrize("later", LATER)
def test_the_same_instructions_run_with_and_without_drawing(later):
    script = f"""{COUNTED}
{LATER[later]}
now = all_of_it()
assert sum(without[0].values()) > 1000, "nothing was counted"
for before, after in zip(without[:2], now[:2]):
    assert after == before, (after - before, before - after)
assert now[2] == without[2] > 5, (now[2], without[2])
assert (ad.mul.call.__code__, ad.mul.source) == code
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_no_node_has_a_trace_and_no_observer_is_called_without_a_recording(monkeypatch):
    with record() as tape:
        pass
    for kind in (Observer, record):
        for name in ("called", "returned", "started", "message"):
            monkeypatch.setattr(kind, name, lambda *arguments: pytest.fail("an observer was called"))
    assert modes.current.get().observers == ()
    x = ad.Tensor(np.ones(3), requires_grad=True)
    loss = ad.sum(ad.exp(x) * x)
    node, nodes = loss.node, []
    while node is not None:
        nodes.append(node)
        node = node.parents[0] if isinstance(node.parents[0], ad.Node) else None
    loss.backward()
    assert len(nodes) == 3
    assert [each.trace for each in nodes] == [None] * 3
    assert tape.nodes == []


@pytest.mark.parametrize("look", ["record", "draw", "explain"])
def test_no_observer_stays_behind(look, tmp_path):
    x = ad.Tensor([1.0, 2.0], requires_grad=True)

    def step():
        return ad.sum(x * x)

    def fails():
        raise ZeroDivisionError

    before = modes.current.get()
    for function in (step, fails):
        try:
            if look == "record":
                with ad.record():
                    function()
            elif look == "draw":
                ad.draw(function)
            else:
                ad.explain(function, path=tmp_path / "step.html")
        except ZeroDivisionError:
            assert function is fails
        assert modes.current.get() is before
    assert step().node.trace is None
