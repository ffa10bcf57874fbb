"""The norms compute what PyTorch's do, while training, in use, and between the two, to the second derivative."""
import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional
from tests.nn.layers.twins import arrays_of, close, compared, normal, same_outputs, same_state

SHAPES = {"BatchNorm1d": [(4, 3), (2, 3, 5)], "BatchNorm2d": [(3, 2, 4, 3)]}
settings_of_batch_norm = st.fixed_dictionaries(
    {
        "eps": st.sampled_from([1e-5, 0.1]),
        "momentum": st.sampled_from([0.1, 0.5, 1.0, 0.0, None]),
        "affine": st.booleans(),
        "track_running_stats": st.booleans(),
    }
)


def twins(name, features, settings, torch):
    """Two norms of the same state, with weights and biases that are not 1 and 0."""
    ours, theirs = getattr(nn, name)(features, **settings, dtype=float), getattr(torch.nn, name)(features, **settings)
    theirs = theirs.double()
    with torch.no_grad():
        for p in theirs.parameters():
            p.copy_(torch.tensor(normal(*p.shape)))
    if theirs.state_dict():
        ours.load_state_dict(arrays_of(theirs))
    return ours, theirs


@given(
    name=st.sampled_from(list(SHAPES)),
    settings=settings_of_batch_norm,
    batch=st.integers(2, 4),
    features=st.integers(1, 3),
    inner=st.tuples(st.integers(1, 4), st.integers(1, 3)),
    long=st.booleans(),
    seed=st.integers(0, 99),
)
def test_batch_norms_train_and_serve_as_pytorch_s(torch, name, settings, batch, features, inner, long, seed):
    inner = inner if name == "BatchNorm2d" else inner[:1] if long else ()
    ours, theirs = twins(name, features, settings, torch)
    rng = np.random.default_rng(seed)
    for step in range(2):  # the running statistics of several steps
        same_outputs(ours, theirs, rng.normal(2.0, 3.0, (batch, features, *inner)), torch, second=step == 0)
    ours.eval(), theirs.eval()
    before = ours.state_dict()
    least = 1 if settings["track_running_stats"] else 2
    same_outputs(ours, theirs, rng.standard_normal((least, features, *inner)), torch)
    for path, value in ours.state_dict().items():
        np.testing.assert_array_equal(value, before[path])
    ours.train(), theirs.train()
    same_outputs(ours, theirs, rng.standard_normal((batch, features, *inner)), torch)


@given(
    lead=st.lists(st.integers(0, 3), max_size=2),
    normalized=st.lists(st.integers(1, 4), min_size=1, max_size=2),
    eps=st.sampled_from([1e-5, 0.1]),
    affine=st.booleans(),
    bias=st.booleans(),
)
def test_layer_norm_is_pytorch_s(torch, lead, normalized, eps, affine, bias):
    settings = {"eps": eps, "elementwise_affine": affine, "bias": bias}
    ours, theirs = nn.LayerNorm(normalized, **settings, dtype=float), torch.nn.LayerNorm(normalized, **settings)
    with torch.no_grad():
        for p in theirs.parameters():
            p.copy_(torch.tensor(normal(*p.shape)))
    compared(ours, theirs, normal(*lead, *normalized), torch, second=0 not in lead)


@pytest.mark.parametrize("layout", ["C", "batch innermost"])
def test_the_fused_operations_equal_their_composition(layout):
    x = normal(5, 3, 4, 2) * 2 + 1
    if layout != "C":
        x = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    axes, w = (0, 2, 3), normal(1, 3, 1, 1)

    def fused(x, w, b):
        return ad.normalize(x, ad.normalizer(ad.moments(x, axis=axes), w, b, eps=1e-3))

    def composed(x, w, b):
        return (x - ad.mean(x, axes, True)) / ad.sqrt(ad.var(x, axes, keepdims=True) + 1e-3) * w + b

    for argument in range(3):
        outs, grads, seconds = zip(*[derivatives(f, x, w, argument) for f in (fused, composed)], strict=True)
        for mine, other in (outs, grads, seconds):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9)


def derivatives(f, x, w, argument):
    """Output, gradient, and the gradient of the gradient's squares."""
    arguments = [ad.Tensor(x, copy=False), ad.Tensor(w), ad.Tensor(w + 1)]
    arguments[argument] = leaf = ad.Tensor(arguments[argument].data, requires_grad=True, copy=False)
    out = f(*arguments)
    (first,) = ad.gradients((out * out * out).sum(), leaf, create_graph=True)
    (second,) = ad.gradients((first * first).sum(), leaf)
    return out.data, first.data, second.data


def test_variances_of_shifted_data_keep_their_digits_in_float32():
    """Not the mean square minus the squared mean."""
    x = (1000.0 + normal(64, 3)).astype(np.float32)
    out = nn.BatchNorm1d(3)(x).data
    expected = (x.astype(float) - x.astype(float).mean(0)) / np.sqrt(x.astype(float).var(0) + 1e-5)
    np.testing.assert_allclose(out, expected, atol=1e-3)


def test_momentum_none_is_the_mean_of_all_batches():
    norm, batches = nn.BatchNorm1d(2, momentum=None, dtype=float), normal(6, 5, 2)
    for batch in batches:
        norm(batch)
    close(norm.running_mean.data, batches.mean((0, 1)))
    close(norm.running_var.data, batches.var(1, ddof=1).mean(0))
    assert norm.num_batches_tracked.item() == 6


def test_a_change_of_running_statistics_is_noticed_by_versions():
    norm = nn.BatchNorm1d(2, dtype=float)
    kept = norm.running_mean * ad.Tensor(1.0, requires_grad=True)
    norm(normal(3, 2))
    with pytest.raises(RuntimeError, match="version"):
        kept.sum().backward()


def test_a_forward_pass_in_use_can_be_followed_by_training_before_its_walk():
    norm = nn.BatchNorm1d(2, dtype=float).eval()
    out = norm(normal(3, 2))
    norm.train()(normal(3, 2))
    out.sum().backward()
    assert norm.weight.grad.shape == (2,)


def test_what_is_off_is_not_there():
    plain = nn.BatchNorm2d(3, affine=False, track_running_stats=False)
    assert (list(plain.parameters()), list(plain.buffers()), plain.state_dict()) == ([], [], {})
    assert [path for path, _ in nn.BatchNorm1d(3).named_buffers()] == [
        "running_mean", "running_var", "num_batches_tracked",
    ]  # fmt: skip
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert list(nn.LayerNorm(3, elementwise_affine=False).state_dict()) == []


def test_batches_are_counted_in_integers_that_a_change_of_dtype_leaves():
    norm = nn.BatchNorm1d(3).astype(np.float64)
    assert norm.num_batches_tracked.dtype.kind == "i"
    assert {norm.running_mean.dtype, norm.running_var.dtype, norm.weight.dtype} == {np.dtype(float)}
    norm(normal(4, 3))
    assert (norm.num_batches_tracked.item(), norm.num_batches_tracked.dtype.kind) == (1, "i")


def test_copies_have_running_statistics_of_their_own():
    norm = nn.BatchNorm1d(2)
    twin = copy.deepcopy(norm)
    norm(normal(4, 2).astype(np.float32))
    assert not np.any(twin.running_mean.data)
    assert norm.running_mean.data.all()


def test_the_function_changes_arrays_in_place_too():
    mean, variance, x = np.zeros(3), np.ones(3), normal(5, 3)
    functional.batch_norm(x, mean, variance, training=True, momentum=1.0)
    close(mean, x.mean(0))
    close(variance, x.var(0, ddof=1))
    out = functional.batch_norm(x, mean, variance, 2 * np.ones(3), np.ones(3), eps=0.0)
    close(out, (x - mean) / np.sqrt(variance) * 2 + 1)
    assert isinstance(out, np.ndarray)


def test_lists_and_integers_are_taken_for_arrays():
    rows = [[1, 10], [3, 30]]
    for norm in (nn.BatchNorm1d(2, dtype=float), nn.LayerNorm(2, dtype=float)):
        np.testing.assert_array_equal(norm(rows).data, norm(np.array(rows, float)).data)


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.LayerNorm])
def test_halves_do_not_overflow_and_stay_halves(kind):
    """The variance of ±300 is 90000, and the largest half 65504."""
    x = np.array([[300.0, -300.0], [-300.0, 300.0]], np.float16)
    norm = kind(2, dtype=np.float16)
    x = ad.Tensor(x, requires_grad=True)
    out = norm(x)
    (out * np.array([[1.0, 2.0], [3.0, 5.0]], np.float16)).sum().backward()
    assert out.dtype == x.grad.dtype == norm.weight.grad.dtype == np.float16
    np.testing.assert_allclose(out.data, np.sign(x.data), rtol=1e-3)
    assert kind(2)(x).dtype == np.float32
    assert norm.eval()(x).dtype == np.float16


IMAGES, ONE = normal(2, 3, 8, 8), normal(1, 3)
REFUSED = {
    "images": (lambda: nn.BatchNorm1d(3)(IMAGES), r"BatchNorm1d\(3\): .*\(2, 3, 8, 8\).*\(batch, 3\).*BatchNorm2d"),
    "features": (lambda: nn.BatchNorm1d(4)(ONE), r"\(1, 3\).*\(batch, 4\) or \(batch, 4, length\).*layer before"),
    "vectors": (lambda: nn.BatchNorm2d(3)(ONE), r"BatchNorm2d\(3\): .*\(1, 3\).*BatchNorm1d"),
    "channels": (lambda: nn.BatchNorm2d(4)(IMAGES), r"\(2, 3, 8, 8\).*\(batch, 4, height, width\)"),
    "one value": (lambda: nn.BatchNorm1d(3)(ONE), r"\(1, 3\).*more than one value per channel.*eval"),
    "one value, nothing tracked": (
        lambda: nn.BatchNorm1d(3, track_running_stats=False).eval()(ONE), "more than one value per channel"
    ),
    "no value": (lambda: nn.BatchNorm1d(3)(ONE[:0]), "more than one value per channel"),
    "last axis": (lambda: nn.LayerNorm(4)(ONE), r"LayerNorm\(4\): .*\(1, 3\).*\(\.\.\., 4\)"),
    "last axes": (lambda: nn.LayerNorm((8, 3))(IMAGES), r"LayerNorm\(\(8, 3\)\): .*\(\.\.\., 8, 3\)"),
    "no axes": (lambda: nn.LayerNorm(()), "empty"),
    "half an axis": (lambda: nn.LayerNorm(2.5), "normalized_shape is 2.5"),
    "no features": (lambda: nn.BatchNorm2d(0), "num_features is 0"),
    "eps": (lambda: nn.BatchNorm2d(3, eps=-1), "eps is -1"),
    "momentum": (lambda: nn.BatchNorm2d(3, momentum="0.1"), "momentum is '0.1'"),
    "function's axes": (lambda: functional.batch_norm(np.ones(3)), r"batch_norm: .*\(3,\).*\(batch, channels\)"),
    "function's weight": (lambda: functional.batch_norm(IMAGES, weight=np.ones(2)), r"weight has shape \(2,\).*\(3,\)"),
    "function's moments": (lambda: functional.batch_norm(IMAGES, np.ones(3)), "come together"),
    "function's last axis": (lambda: functional.layer_norm(ONE, (2,)), r"layer_norm: .*\(1, 3\).*\(\.\.\., 2\)"),
    "function's bias": (lambda: functional.layer_norm(ONE, 3, bias=np.ones(2)), r"bias has shape \(2,\)"),
    "function's half an axis": (lambda: functional.layer_norm(ONE, 1.5), r"layer_norm: .*\(1, 3\).*\(\.\.\., 1.5\)"),
    "function's momentum": (
        lambda: functional.batch_norm(IMAGES, np.zeros(3), np.ones(3), training=True, momentum=None),
        "batch_norm: momentum is None; needed is a finite number"
    ),
    "moments of nothing": (lambda: ad.moments(np.ones((0, 2)), axis=0), "no elements"),
    "a normalizer of other axes": (lambda: ad.normalize(np.ones((4, 2)), np.ones((3, 2))), "needed is"),
}  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    make, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        make()


def test_what_cannot_change_in_place_is_no_running_statistic():
    for moments, kind in (([0.0, 0.0, 0.0], "list"), (np.zeros(3, int), "int64")):
        with pytest.raises(TypeError, match=f"batch_norm: running_mean is {kind}; needed while training"):
            functional.batch_norm(IMAGES, moments, np.ones(3), training=True)
        assert functional.batch_norm(IMAGES, moments, np.ones(3)).shape == IMAGES.shape


def test_a_refused_batch_leaves_the_running_statistics_alone():
    norm = nn.BatchNorm1d(3)
    before = norm.state_dict()
    with pytest.raises(ValueError, match="more than one"):
        norm(ONE)
    with pytest.raises((TypeError, ValueError), match="could not convert"):
        norm([["a", "b", "c"], ["d", "e", "f"]])
    for path, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


def test_a_dtype_that_is_no_floating_point_one_is_refused():
    for make in (lambda: nn.BatchNorm1d(3, dtype=int), lambda: nn.LayerNorm(3, dtype=int)):
        with pytest.raises(TypeError, match="floating-point"):
            make()


def test_norms_show_their_settings_where_they_are_not_as_usual():
    shown = repr(nn.BatchNorm1d(3, eps=0.1, momentum=None, affine=False, track_running_stats=False))
    assert shown == "BatchNorm1d(3, eps=0.1, momentum=None, affine=False, track_running_stats=False)"
    assert repr(nn.BatchNorm2d(3)).startswith("BatchNorm2d(3)  ")
    assert repr(nn.LayerNorm((2, 3), eps=0.1, bias=False)).startswith("LayerNorm((2, 3), eps=0.1, bias=False)")
    assert repr(nn.LayerNorm(3, elementwise_affine=False)) == "LayerNorm(3, elementwise_affine=False)"


def test_the_base_of_the_norms_has_no_shape_of_its_own():
    from nn.layers.normalization import _BatchNorm

    with pytest.raises(NotImplementedError):
        _BatchNorm(3)(ONE)


def test_state_dicts_of_pytorch_carry_the_running_statistics(torch):
    ours, theirs = twins("BatchNorm2d", 3, {}, torch)
    theirs(torch.tensor(IMAGES))
    ours.load_state_dict(arrays_of(theirs))
    same_state(ours, theirs)
    assert ours.num_batches_tracked.item() == 1
