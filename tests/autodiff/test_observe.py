"""record and detect_anomaly: what they keep, and what they find."""

import gc
import re
import weakref

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture
def x():
    return ad.Tensor([1.0, 2.0], requires_grad=True, name="x")


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


# record.


def test_record_keeps_inputs_output_messages_and_source(x):
    with ad.record() as tape:
        y = x * np.array([3.0, 4.0])
        z = ad.exp(y).sum()
        z.backward()
    assert [node.primitive.name for node in tape] == ["mul", "exp", "sum"]
    mul, exp, _ = tape.nodes
    assert [a.tolist() for a in mul.trace.inputs] == [[1.0, 2.0], [3.0, 4.0]]
    assert mul.trace.output.tolist() == [3.0, 8.0]
    (message,) = mul.trace.messages
    assert message.argument == 0
    assert np.array_equal(message.cotangent, np.exp([3.0, 8.0]))
    assert np.array_equal(message.value, np.exp([3.0, 8.0]) * [3.0, 4.0])
    assert mul.trace.source.file == __file__
    assert mul.trace.source.text == "y = x * np.array([3.0, 4.0])"
    assert mul.trace.source.function == "test_record_keeps_inputs_output_messages_and_source"
    assert exp.trace.source.line == mul.trace.source.line + 1
    assert "test_observe.py" in str(mul.trace.source)


def test_nested_recordings_store_each_message_once(x):
    with ad.record() as outer, ad.record() as inner:
        (x * x).sum().backward()
    assert [len(node.trace.messages) for node in outer] == [len(node.trace.messages) for node in inner] == [2, 1]


def test_messages_of_a_walk_share_a_number_that_rises_with_the_walks(x):
    with ad.record() as tape:
        y = (x * x).sum()
        z = y * 3.0
        z.backward(retain_graph=True)
        y.backward(retain_graph=True)
    with ad.record():
        y.backward()
    by_node = [[message.walk for message in node.trace.messages] for node in tape]
    first, second, third = dict.fromkeys(by_node[0])
    assert first < second < third
    assert by_node == [[first, first, second, second, third, third], [first, second, third], [first]]


def test_what_was_recorded_does_not_change_with_the_arrays(x):
    batch = np.array([3.0, 4.0])
    with ad.record() as tape:
        y = x * batch
    batch[:] = 0.0
    x.data = [0.0, 0.0]
    y.data[:] = 0.0
    trace = tape.nodes[0].trace
    assert [a.tolist() for a in (*trace.inputs, trace.output)] == [[1.0, 2.0], [3.0, 4.0], [3.0, 8.0]]


def test_only_what_runs_inside_is_recorded(x):
    before = x * 2
    with ad.record() as tape:
        inside = before * 3
        with ad.no_grad():
            _ = x * 4
    after = inside * 5
    assert [node.static for node in tape] == [{}]
    assert before.node.trace is after.node.trace is None
    after.sum().backward()
    assert inside.node.trace.messages == []


def test_recordings_within_recordings_see_the_same(x):
    with ad.record() as outer:
        with ad.record() as inner:
            y = x * 2
        _ = y * 2
    assert len(outer.nodes) == 2
    assert inner.nodes == outer.nodes[:1]


def test_the_recorded_derivative_is_recorded_too(x):
    with ad.record() as tape:
        (x**2).sum().backward(create_graph=True)
    assert len(tape.nodes) > 4
    assert all(isinstance(m.value, np.ndarray) for node in tape for m in node.trace.messages)


def test_without_a_recording_nothing_is_kept_alive(x):
    gc.disable()
    try:
        with ad.record() as tape:
            node = weakref.ref((x * 2).node)
        del tape
        assert node() is None
    finally:
        gc.enable()


# detect_anomaly.


def found(f):
    with pytest.raises(ad.AnomalyError) as caught, ad.detect_anomaly():
        f()
    return str(caught.value)


def test_a_nan_in_the_forward_pass_is_found_where_it_is_made(x):
    def f():
        h = x - 3.0
        bad = ad.log(h * np.array([-1.0, 1.0]))  # this line
        return bad.sum()

    text = found(f)
    assert text.startswith("log: the result is nan at index (1,) (shape (2,), float64)")
    assert "# this line" in text
    assert "float64[2] = -1.0 there" in text


@pytest.mark.parametrize(
    ("f", "name", "value"),
    [
        (lambda x: 1.0 / (x - 1.0), "div", "inf"),
        (lambda x: ad.exp(x * 1000.0), "exp", "inf"),
        (lambda x: ad.log(x - 1.0), "log", "-inf"),
        (lambda x: ad.sqrt(x - 1.5), "sqrt", "nan"),
        (lambda x: (x * 0.8e308).sum() * 10.0, "sum", "inf"),
        (lambda x: ad.stack([x, x * np.nan]), "mul", "nan"),
    ],
)  # fmt: skip
def test_the_operation_is_named(x, f, name, value):
    assert re.match(rf"{name}: the result is {value} at index", found(lambda: f(x)))


def test_a_nan_in_the_loss_is_found_also_without_gradients():
    plain = ad.Tensor([np.nan, 1.0])
    assert found(lambda: plain.mean()).startswith("mean: the result is nan")
    x = ad.Tensor([1.0, np.nan], requires_grad=True)
    assert found(lambda: ad.softmax_cross_entropy(x, 0)).startswith("softmax_cross_entropy: the result is nan")


def test_infinity_from_infinity_is_no_anomaly(x):
    with ad.detect_anomaly():
        y = ad.where(np.array([True, False]), x, np.inf)
        assert ad.exp(-y).sum().item() == pytest.approx(np.exp(-1))


def test_an_anomaly_in_the_backward_pass_names_the_line_of_the_forward_pass():
    x = ad.Tensor([0.0, 1.0], requires_grad=True)

    def f():
        y = ad.sqrt(x)  # the root of the evil
        (y * np.array([1.0, 2.0])).sum().backward()

    text = found(f)
    assert text.startswith("backward of sqrt: the gradient for its argument 'x' is inf at index (0,) (shape (2,)")
    assert "upstream gradient has shape (2,) = 1.0 there" in text
    assert "# the root of the evil" in text
    assert x.grad is None


def test_it_says_which_operand_of_many():
    x = ad.Tensor([1.0, 0.0], requires_grad=True)
    bad = ad.primitive(lambda *arrays: np.add(*arrays), name="bad_for_one_test", names="arrays").vjp(
        lambda g, index: g / index if index else g * np.nan
    )
    del ad.REGISTRY["bad_for_one_test"]
    assert "argument 'arrays[0]' is nan" in found(lambda: bad(x, x).sum().backward())


def test_a_forward_pass_outside_is_said_to_be_outside():
    y = ad.sqrt(ad.Tensor([0.0, 1.0], requires_grad=True)).sum()
    assert "its forward ran outside of detect_anomaly" in found(y.backward)


def test_writing_into_memory_behind_the_versions_is_found(x):
    def f():
        y = ad.square(x)
        x.data[0] = 7.0
        y.sum().backward()

    assert "an array kept for its backward pass was written to after the call" in found(f)


def test_right_programs_pass_unharmed(x):
    with ad.detect_anomaly():
        (ad.exp(x) * x).sum().backward(create_graph=True)
        ad.gradients((x.grad**2).sum(), x)
    expected = np.exp([1.0, 2.0]) * [2.0, 3.0]
    assert np.allclose(x.grad.data, expected)
    with ad.detect_anomaly():
        assert np.array_equal(np.argsort(x), [0, 1])


def test_it_ends_with_its_block(x):
    with pytest.raises(ad.AnomalyError), ad.detect_anomaly():
        ad.log(-x)
    assert np.isnan(ad.log(-x).data).all()


def test_a_file_beside_the_package_whose_name_begins_alike_is_the_user_s(x):
    beside = ad.__file__.replace("__init__.py", "").rstrip("/") + "_study.py"
    namespace = {"x": x}
    with ad.record() as tape:
        exec(compile("y = x * x", beside, "exec"), namespace)
    assert tape.nodes[0].trace.source.file == beside


def test_an_anomaly_watch_around_the_walk_alone_notices_a_nan_loss():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    loss = (x + np.nan).sum()
    with ad.detect_anomaly(), pytest.raises(ad.AnomalyError, match=r"backward: the output .* is nan .*sum"):
        loss.backward()
    assert x.grad is None


def test_the_source_line_of_an_operation_in_a_layer_is_the_callers():
    import nn

    layer = nn.Linear(2, 1)
    with ad.record() as tape:
        layer(np.ones((1, 2), np.float32))  # this line
    (node,) = tape.nodes
    assert node.trace.source.file == __file__
    assert "this line" in node.trace.source.text
