"""Losses of single elements are PyTorch's, exact at the extremes, and refuse targets that do not fit."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional as F

from .twins import REDUCTIONS, agree, close

CASES = st.tuples(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 4), max_size=3), st.sampled_from(REDUCTIONS))


@given(CASES, st.sampled_from(["MSELoss", "L1Loss", "HuberLoss"]), st.sampled_from([1.0, 0.3, 2.5]))
def test_errors_of_numbers_are_pytorch_s(torch, case, name, delta):
    seed, shape, reduction = case
    rng = np.random.default_rng(seed)
    operands = [2 * rng.standard_normal(shape) for _ in range(2)]
    settings = {"reduction": reduction} | ({"delta": delta} if name == "HuberLoss" else {})
    mine, theirs = getattr(nn, name)(**settings), getattr(torch.nn, name)(**settings)
    agree(torch, mine, theirs, [np.asarray(x) for x in operands], rng)


def test_kinks_are_pytorch_s(torch):
    difference = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    for name in ("L1Loss", "HuberLoss"):
        mine, theirs = (getattr(module, name)(reduction="none") for module in (nn, torch.nn))
        agree(torch, mine, theirs, [difference, np.zeros(7)], np.random.default_rng(0), second=False)


def test_huber_is_smooth_l1_times_delta(torch):
    x, y = np.random.default_rng(0).standard_normal((2, 20)) * 3
    expected = torch.nn.SmoothL1Loss(beta=0.7)(torch.tensor(x), torch.tensor(y))
    close(F.huber_loss(x, y, delta=0.7) / 0.7, expected, 1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.int64])
def test_predictions_of_integers_are_compared_as_numbers_and_do_not_wrap_around(dtype):
    """Images as uint8 against images as uint8: 200 − 201 is −1, not 255."""
    x, y = (np.array(numbers).astype(dtype) for numbers in ([100, 0, 30], [101, 120, 0]))
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        for reduction in REDUCTIONS:
            found = getattr(F, name)(x, y, reduction=reduction)
            expected = getattr(F, name)(x.astype(float), y.astype(float), reduction=reduction)
            assert found.dtype == float
            np.testing.assert_array_equal(found, expected)
    assert F.mse_loss(x, y.astype(np.float32)).dtype == np.float32
    with pytest.raises(TypeError, match=r"mse_loss: the prediction is complex128\[3\]"):
        F.mse_loss(x * 1j, y)
    with pytest.raises(TypeError, match="l1_loss: the target is <U1"):
        F.l1_loss(x, ["a", "b", "c"])


def test_the_mean_squared_error_of_many_halves_does_not_overflow():
    x = ad.Tensor(np.full(100_000, 20.0, np.float16), requires_grad=True)
    loss = F.mse_loss(x, np.zeros(100_000, np.float16))
    loss.backward()
    assert loss.item() == 400.0
    assert loss.dtype == x.grad.dtype == np.float16
    np.testing.assert_allclose(x.grad.data, 2 * 20.0 / 100_000, rtol=1e-2)


def test_huber_does_not_overflow():
    x = ad.Tensor(np.array([1e200, -1e200]), requires_grad=True)
    loss = F.huber_loss(x, np.zeros(2), reduction="sum")
    loss.backward()
    assert loss.item() == 2e200
    assert x.grad.tolist() == [1.0, -1.0]


@given(CASES, st.sampled_from([1.0, 0.4, -0.2]))
def test_hinge_loss_is_its_formula_in_pytorch(torch, case, margin):
    seed, shape, reduction = case
    rng = np.random.default_rng(seed)
    outputs, target = np.asarray(rng.standard_normal(shape)), rng.choice([-1, 1], shape)
    loss = nn.HingeLoss(margin, reduction=reduction)

    def twin(x):
        losses = torch.relu(margin - torch.tensor(target) * x)
        return losses if reduction == "none" else getattr(losses, reduction)()

    agree(torch, lambda x: loss(x, target), twin, [outputs], rng)
    np.testing.assert_array_equal(loss(outputs, target), loss(outputs, target.astype(float)))


def drawn_weights(rng, shape):
    """None, one per element, or one that broadcasts."""
    kind = rng.integers(4)
    if kind == 0:
        return None
    return np.asarray(rng.uniform(0.1, 3, [(), shape, [1] * len(shape)][kind - 1]))


@given(CASES, st.booleans())
def test_binary_cross_entropy_is_pytorch_s(torch, case, hard):
    seed, shape, reduction = case
    rng = np.random.default_rng(seed)
    p, target = np.asarray(rng.uniform(0.02, 0.98, shape)), np.asarray(rng.uniform(0.02, 0.98, shape))
    target = target.round() if hard else target
    weight = drawn_weights(rng, shape)
    mine = nn.BCELoss(weight, reduction=reduction)
    theirs = torch.nn.BCELoss(None if weight is None else torch.tensor(weight), reduction=reduction)
    agree(torch, mine, theirs, [p, target], rng, tolerance=1e-9)


@given(CASES, st.booleans())
def test_binary_cross_entropy_with_logits_is_pytorch_s(torch, case, hard):
    seed, shape, reduction = case
    rng = np.random.default_rng(seed)
    logits, target = np.asarray(4 * rng.standard_normal(shape)), np.asarray(rng.uniform(size=shape))
    target = target.round() if hard else target
    weight, pos_weight = drawn_weights(rng, shape), drawn_weights(rng, shape[-1:])
    mine = nn.BCEWithLogitsLoss(weight, pos_weight=pos_weight, reduction=reduction)
    tensors = [None if w is None else torch.tensor(w) for w in (weight, pos_weight)]
    theirs = torch.nn.BCEWithLogitsLoss(tensors[0], pos_weight=tensors[1], reduction=reduction)
    agree(torch, mine, theirs, [logits, target], rng)
    probabilities = ad.sigmoid(logits)
    if pos_weight is None:
        np.testing.assert_allclose(F.binary_cross_entropy(probabilities, target, weight, reduction=reduction),
                                   mine(logits, target), rtol=1e-9, atol=1e-12)  # fmt: skip


@given(CASES)
def test_rules_are_right_for_weights_too(case):
    seed, shape, reduction = case
    rng = np.random.default_rng(seed)
    x, t, w, positive = (np.asarray(rng.uniform(0.1, 0.9, shape)) for _ in range(4))
    plain = lambda p, t, w: F.binary_cross_entropy(p, t, w, reduction=reduction)
    logits = lambda x, t, w, positive: F.binary_cross_entropy_with_logits(
        x, t, w, pos_weight=positive, reduction=reduction
    )
    assert ad.gradcheck(plain, x, t, w)
    assert ad.gradgradcheck(plain, x, t, w)
    assert ad.gradcheck(logits, x, t, w, positive)
    assert ad.gradgradcheck(logits, x, t, w, positive)
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss):
        far = t + rng.choice([-3.0, -0.5, 0.5, 3.0], shape)  # away from kinks
        assert ad.gradcheck(lambda x, t, loss=loss: loss(x, t, reduction=reduction), x, x + far - t)
    assert ad.gradcheck(lambda x: F.hinge_loss(x, np.ones(shape), margin=2.0, reduction=reduction), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_0_and_1_have_pytorch_s_bounds(torch, dtype):
    p = np.array([0.0, 0.0, 1.0, 1.0, 1e-44, 1e-30, 0.5], dtype)
    target = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0], dtype)
    a, b = ad.Tensor(p, requires_grad=True), torch.tensor(p, requires_grad=True)
    mine = F.binary_cross_entropy(a, target, reduction="none")
    theirs = torch.nn.functional.binary_cross_entropy(b, torch.tensor(target), reduction="none")
    np.testing.assert_allclose(mine.data, theirs.detach().numpy(), rtol=1e-5)
    mine.sum().backward()
    theirs.sum().backward()
    assert mine.dtype == a.grad.dtype == dtype
    np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("settings", [{}, {"pos_weight": [2.0]}, {"weight": [0.5]}], ids=str)
def test_large_logits_are_exact(settings, dtype):
    logits = ad.Tensor(np.array([1e4, 1e4, -1e4, -1e4, 1e4], dtype), requires_grad=True)
    target = np.array([1.0, 0.0, 1.0, 0.0, 0.75], dtype)
    loss = nn.BCEWithLogitsLoss(reduction="none", **settings)(logits, target)
    loss.sum().backward()
    scale, positive = settings.get("weight", [1.0])[0], settings.get("pos_weight", [1.0])[0]
    assert loss.dtype == logits.grad.dtype == dtype
    np.testing.assert_allclose(loss.data, scale * np.array([0, 1e4, 1e4 * positive, 0, 2500]), rtol=1e-6)
    np.testing.assert_allclose(logits.grad.data, scale * np.array([0, 1, -positive, 0, 0.25]), rtol=1e-6)


def test_small_losses_keep_their_digits():
    """ln(1 + e⁻³⁰) is not lost beside 30, on either side."""
    expected = np.log1p(np.exp(-30.0))
    np.testing.assert_allclose(
        F.binary_cross_entropy_with_logits([30.0, -30.0], [1, 0], reduction="none"), expected, rtol=1e-14
    )


def test_integers_are_targets_and_widen_nothing():
    x = ad.Tensor(np.array([0.25, 0.75], np.float32), requires_grad=True)
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        for reduction in REDUCTIONS:
            assert loss(x, np.array([0, 1]), reduction=reduction).dtype == np.float32
    assert F.hinge_loss(x, np.array([-1, 1])).dtype == np.float32
    assert F.binary_cross_entropy_with_logits(x, [False, True], np.array([2.0])).dtype == np.float32


def test_targets_may_require_grad_and_be_lists():
    target = ad.Tensor([1.0, 2.0], requires_grad=True)
    nn.MSELoss()(np.array([0.0, 0.0]), target).backward()
    np.testing.assert_allclose(target.grad.data, [1.0, 2.0])
    assert float(nn.MSELoss()([1.0, 2.0], [1.0, 0.0])) == 2.0


def test_a_repr_shows_what_is_not_default():
    assert repr(nn.HuberLoss("sum", 2.0)) == "HuberLoss(reduction='sum', delta=2.0)"
    assert repr(nn.HingeLoss(0.5)) == "HingeLoss(margin=0.5)"
    assert repr(nn.BCELoss()) == "BCELoss()"


P = np.full((2, 3), 0.5)
REFUSED = {
    "broadcast": (lambda: nn.MSELoss()(np.zeros((3, 1)), np.zeros(3)), ValueError, "equal shapes"),
    "reduction": (lambda: nn.MSELoss("average"), ValueError, "average"),
    "reduction of a function": (lambda: F.mse_loss(P, P, reduction="average"), ValueError, "average"),
    "delta in words": (lambda: nn.HuberLoss(delta="1"), ValueError, "HuberLoss: delta is '1'"),
    "margin in words": (lambda: nn.HingeLoss("sum"), ValueError, "HingeLoss: margin is 'sum'"),
    "infinite margin": (lambda: F.hinge_loss(P, P, margin=np.inf), ValueError, "hinge_loss: margin is inf"),
    "delta": (lambda: F.huber_loss(P, P, delta=0), ValueError, "delta is 0"),
    "delta of module": (lambda: nn.HuberLoss(delta=-1), ValueError, "delta is -1"),
    "targets 0 and 1": (lambda: F.hinge_loss(P, P.round()), ValueError, r"2 \* target - 1"),
    "logits for probabilities": (lambda: F.binary_cross_entropy(3 * P, P), ValueError, "with_logits"),
    "no number": (lambda: F.binary_cross_entropy(P * np.nan, P), ValueError, "nan"),
    "targets -1 and 1": (lambda: F.binary_cross_entropy(P, P - 1.5), ValueError, "hinge_loss"),
    "class indices": (lambda: F.binary_cross_entropy_with_logits(P, P + 1.5), ValueError, "cross_entropy"),
    "one per sample": (lambda: F.binary_cross_entropy(P, P, [1.0, 2.0]), ValueError, r"\(2,\).*\(2, 3\)"),
    "enlarging": (lambda: F.binary_cross_entropy(P, P, np.ones((4, 2, 3))), ValueError, "weight has shape"),
    "pos_weight": (lambda: F.binary_cross_entropy_with_logits(P, P, pos_weight=[1.0] * 2), ValueError, "pos_weight"),
    "pos_weight word": (lambda: nn.BCEWithLogitsLoss(pos_weight="a"), TypeError, "pos_weight is 'a'"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    call, error, message = REFUSED[refused]
    with pytest.raises(error, match=message):
        call()


def test_no_samples_are_no_error_where_losses_are_added():
    empty = np.zeros((0, 2))
    assert float(F.binary_cross_entropy(empty, empty, reduction="sum")) == 0.0
