"""Losses over classes are PyTorch's, exact at the extremes, and refuse targets that do not fit."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional as F

from .twins import REDUCTIONS, agree

CASES = st.tuples(
    st.integers(0, 2**32 - 1), st.lists(st.integers(1, 4), max_size=2), st.integers(1, 5), st.sampled_from(REDUCTIONS)
)


def last_to_first(x):
    """(..., classes) as PyTorch has it, (samples, classes, ...); nothing changes without a further axis."""
    return x.movedim(-1, 1) if x.ndim > 1 else x


class Drawn:
    """Logits, labels and settings of one call."""

    def __init__(self, case):
        seed, lead, self.classes, self.reduction = case
        self.rng = np.random.default_rng(seed)
        self.shape = tuple(lead)
        self.logits = 3 * self.rng.standard_normal((*lead, self.classes))
        self.labels = self.rng.integers(0, self.classes, lead)
        self.weight = self.rng.uniform(0.1, 3, self.classes) if self.rng.random() < 0.6 else None
        self.ignored = int(self.rng.choice([-100, -1, 0, 255]))
        if self.labels.size and self.rng.random() < 0.7:
            where = self.rng.random(self.labels.shape) < 0.4
            self.labels = np.where(where, self.ignored, self.labels)
        self.smoothing = float(self.rng.choice([0.0, 0.1, 1.0]))
        # PyTorch gives NaN for a mean over nothing, we give 0: that has a test of its own.
        self.nothing_left = bool((self.labels == self.ignored).all())
        if self.nothing_left and self.reduction == "mean":
            self.reduction = "sum"

    def weighted(self, torch):
        return None if self.weight is None else torch.tensor(self.weight)


@given(CASES)
def test_cross_entropy_of_labels_is_pytorch_s(torch, case):
    d = Drawn(case)
    settings = {"ignore_index": d.ignored, "reduction": d.reduction, "label_smoothing": d.smoothing}
    module = nn.CrossEntropyLoss(d.weight, **settings)
    twin = torch.nn.CrossEntropyLoss(d.weighted(torch), **settings)
    labels = torch.tensor(d.labels)
    agree(torch, lambda x: module(x, d.labels), lambda x: twin(last_to_first(x), labels), [d.logits], d.rng)


@given(CASES)
def test_cross_entropy_of_probabilities_is_pytorch_s(torch, case):
    d = Drawn(case)
    targets = d.rng.dirichlet(np.ones(d.classes), d.shape) * d.rng.choice([1.0, 1.7])
    settings = {"reduction": d.reduction, "label_smoothing": d.smoothing}
    module = nn.CrossEntropyLoss(d.weight, **settings)
    twin = torch.nn.CrossEntropyLoss(d.weighted(torch), **settings)
    agree(
        torch, module, lambda x, t: twin(last_to_first(x), last_to_first(t)), [d.logits, np.asarray(targets)], d.rng
    )


@given(CASES, st.sampled_from(["i1", "u2", "i8", "?"]))
def test_one_hot_rows_are_the_labels_they_stand_for(case, dtype):
    d = Drawn(case)
    labels = d.rng.integers(0, d.classes, d.shape)
    settings = {"ignore_index": d.ignored, "reduction": d.reduction, "label_smoothing": d.smoothing}
    loss = nn.CrossEntropyLoss(d.weight, **settings)
    one_hot = np.eye(d.classes)[labels].astype(dtype)
    np.testing.assert_array_equal(loss(d.logits, one_hot), loss(d.logits, labels))
    np.testing.assert_array_equal(loss(d.logits, ad.Tensor(one_hot)), loss(d.logits, ad.Tensor(labels)))
    plain = nn.CrossEntropyLoss(reduction=d.reduction, label_smoothing=d.smoothing)
    np.testing.assert_allclose(
        plain(d.logits, one_hot.astype(float)), plain(d.logits, labels), rtol=1e-12, atol=1e-14
    )


@given(CASES)
def test_nll_loss_is_pytorch_s(torch, case):
    d = Drawn(case)
    settings = {"ignore_index": d.ignored, "reduction": d.reduction}
    module = nn.NLLLoss(d.weight, **settings)
    twin = torch.nn.NLLLoss(d.weighted(torch), **settings)
    labels = torch.tensor(d.labels)
    agree(torch, lambda x: module(x, d.labels), lambda x: twin(last_to_first(x), labels), [d.logits], d.rng)
    after_softmax = F.nll_loss(ad.log_softmax(d.logits), d.labels, d.weight, **settings)
    np.testing.assert_allclose(after_softmax, F.cross_entropy(d.logits, d.labels, d.weight, **settings), rtol=1e-12)


@given(CASES, st.sampled_from([1, 2]), st.sampled_from([1.0, 0.3, -0.5]))
def test_multi_margin_loss_is_pytorch_s(torch, case, p, margin):
    d = Drawn(case)
    shape = d.shape[-1:]  # PyTorch takes one sample or a list of them
    logits, labels = d.logits[(0,) * (len(d.shape) - 1)], d.rng.integers(0, d.classes, shape)
    module = nn.MultiMarginLoss(p, margin, d.weight, reduction=d.reduction)
    twin = torch.nn.MultiMarginLoss(p, margin, d.weighted(torch), reduction=d.reduction)
    agree(torch, lambda x: module(x, labels), lambda x: twin(x, torch.tensor(labels)), [logits], d.rng, second=False)
    assert ad.gradcheck(lambda x: F.multi_margin_loss(x, labels, p=p, margin=margin, weight=d.weight), logits)


@given(CASES)
def test_rules_are_right_for_weights_too(case):
    d = Drawn(case)
    weight = d.rng.uniform(0.5, 2, d.classes)
    settings = {"ignore_index": d.ignored, "reduction": d.reduction}
    for loss in (
        lambda x, w: F.cross_entropy(x, d.labels, w, label_smoothing=d.smoothing, **settings),
        lambda x, w: F.nll_loss(x, d.labels, w, **settings),
    ):
        assert ad.gradcheck(loss, d.logits, weight)
    targets = d.rng.uniform(0, 1, d.logits.shape)
    soft = lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=d.smoothing, reduction=d.reduction)
    assert ad.gradcheck(soft, d.logits, targets, weight)
    assert ad.gradgradcheck(soft, d.logits, targets, weight)


@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, nn.NLLLoss])
def test_where_all_labels_are_ignored_the_mean_is_0_and_so_is_its_gradient(loss, weight, smoothing):
    settings = {"label_smoothing": smoothing} if loss is nn.CrossEntropyLoss else {}
    x = ad.Tensor(np.ones((2, 3)), requires_grad=True)
    out = loss(weight, **settings)(x, np.array([-100, -100]))
    out.backward()
    assert out.item() == 0.0
    assert not x.grad.data.any()


def test_what_is_ignored_counts_nothing_even_where_its_logits_are_no_numbers():
    logits = np.array([[1.0, 2.0], [np.nan, np.inf]])
    with np.errstate(invalid="ignore"):
        assert F.cross_entropy(logits, [0, -100]) == F.cross_entropy(logits[:1], [0])
    assert F.nll_loss(logits, [0, -100]) == -1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "target",
    [np.array([0, 0, 1]), np.array([[1, 0], [1, 0], [0, 1]]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])],
    ids=["labels", "one-hot", "probabilities"],
)
def test_cross_entropy_is_exact_for_large_logits(target, dtype):
    target = target.astype(dtype) if target.dtype.kind == "f" else target
    logits = ad.Tensor(np.array([[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4]], dtype), requires_grad=True)
    loss = nn.CrossEntropyLoss(reduction="none")(logits, target)
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss.data, np.array([0, 2e4, np.log(2)], dtype), rtol=1e-6)
    loss.sum().backward()
    np.testing.assert_allclose(logits.grad.data, [[0, 0], [-1, 1], [0.5, -0.5]], atol=1e-7)


@pytest.mark.parametrize("settings", [{"weight": [0.5, 2.0]}, {"label_smoothing": 0.5}, {"ignore_index": 7}])
def test_options_keep_large_logits_exact_and_single_precision_single(settings):
    logits = ad.Tensor(np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32), requires_grad=True)
    loss = nn.CrossEntropyLoss(reduction="none", **settings)(logits, np.array([0, 0]))
    loss.sum().backward()
    even = settings.get("label_smoothing", 0) / 2
    weight = settings.get("weight", [1.0, 1.0])
    assert loss.dtype == logits.grad.dtype == np.float32
    np.testing.assert_allclose(loss.data, [2e4 * even, 2e4 * (1 - even) * weight[0]], rtol=1e-6)
    mean = nn.CrossEntropyLoss(**settings)(logits, np.array([0, 0]))
    assert mean.dtype == np.float32


def test_a_logit_of_minus_infinity_takes_its_class_out():
    """Masked classes: neither labels, one-hot rows nor probabilities of 0 are spoiled by them."""
    logits = ad.Tensor(np.array([[1.0, 2.0, -np.inf]]), requires_grad=True)
    expected = F.cross_entropy(np.array([[1.0, 2.0]]), [1])
    for target in ([1], [[0, 1, 0]], [[0.0, 1.0, 0.0]]):
        loss = F.cross_entropy(logits, target)
        assert loss.item() == pytest.approx(expected)
        logits.zero_grad()
        loss.backward()
        np.testing.assert_allclose(logits.grad.data[0, 2], 0.0)


def test_lists_and_tensors_are_targets_too():
    logits = [[2.0, 0.0], [0.0, 2.0]]
    expected = float(F.cross_entropy(np.array(logits), np.array([0, 1])))
    for target in ([0, 1], ad.Tensor([0, 1]), np.array([0, 1], np.uint8), [[1, 0], [0, 1]], [[1.0, 0.0], [0.0, 1.0]]):
        assert float(nn.CrossEntropyLoss()(logits, target)) == pytest.approx(expected)
        assert float(nn.CrossEntropyLoss([1, 1])(logits, target)) == pytest.approx(expected)
    assert float(F.cross_entropy([2.0, 0.0], 0)) == pytest.approx(expected)
    assert float(nn.NLLLoss(ad.Tensor([1.0, 1.0]))([[0.0, -3.0]], ad.Tensor([1]))) == 3.0


def test_the_weight_is_a_buffer_and_is_saved_under_pytorch_s_name(torch):
    weight = np.array([1.0, 2.0])
    for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "BCELoss", "BCEWithLogitsLoss"):
        mine, theirs = getattr(nn, name)(weight=weight), getattr(torch.nn, name)(weight=torch.tensor(weight))
        assert list(mine.state_dict()) == [name for name, value in theirs.state_dict().items() if value is not None]
        assert isinstance(mine.weight, nn.Buffer)
    mine = nn.BCEWithLogitsLoss(pos_weight=weight)
    mine.load_state_dict({"pos_weight": 2 * weight})
    assert float(mine([0.0, 0.0], [1.0, 1.0])) == pytest.approx(3 * np.log(2))
    assert nn.CrossEntropyLoss([1, 2]).weight.dtype == np.float64
    assert nn.CrossEntropyLoss(np.ones(2, np.float32)).weight.dtype == np.float32
    assert list(nn.NLLLoss([1.0, 2.0]).parameters()) == []


def test_a_repr_shows_what_is_not_default():
    assert repr(nn.CrossEntropyLoss()) == "CrossEntropyLoss()"
    shown = repr(nn.CrossEntropyLoss(reduction="sum", ignore_index=0, label_smoothing=0.1))
    assert shown == "CrossEntropyLoss(reduction='sum', ignore_index=0, label_smoothing=0.1)"
    assert repr(nn.NLLLoss(ignore_index=3)) == "NLLLoss(ignore_index=3)"
    assert repr(nn.MultiMarginLoss(2, 0.5)) == "MultiMarginLoss(p=2, margin=0.5)"


LOGITS = np.zeros((3, 2))
REFUSED = {
    "float labels": (lambda: F.cross_entropy(LOGITS, np.zeros(3)), TypeError, r"float64\[3\].*astype\(int\).*\(3, 2\)"),
    "too many": (lambda: F.cross_entropy(LOGITS, np.zeros(4, int)), ValueError, r"\(3, 2\).*\(4,\)"),
    "a column": (lambda: F.cross_entropy(LOGITS, np.zeros((3, 1), int)), ValueError, r"\[:, 0\]"),
    "swapped": (lambda: F.cross_entropy([0, 1, 0], LOGITS), ValueError, r"\(3,\) and the labels \(3, 2\).*swapped"),
    "axis 1": (
        lambda: F.cross_entropy(np.zeros((2, 3, 4, 5)), np.zeros((2, 4, 5), int)), ValueError,
        r"not on axis 1 as in PyTorch: move them by outputs.transpose\(0, 2, 3, 1\)"
    ),
    "axis 1 of nll": (lambda: F.nll_loss(np.zeros((2, 3, 4)), np.zeros((2, 4), int)), ValueError, r"\(0, 2, 1\)"),
    "smoothing in words": (lambda: nn.CrossEntropyLoss(label_smoothing="0.1"), ValueError, "label_smoothing is '0.1'"),
    "margin in words": (lambda: nn.MultiMarginLoss(margin="1"), ValueError, "MultiMarginLoss: margin is '1'"),
    "no margin": (lambda: F.multi_margin_loss(LOGITS, [0, 1, 0], margin=None), ValueError, "margin is None"),
    "no classes": (lambda: F.cross_entropy(1.0, 0), ValueError, "not one-hot|classes"),
    "start at 1": (lambda: F.cross_entropy(LOGITS, [1, 2, 1]), IndexError, r"\(1,\) is 2.*2 classes.*start at 1"),
    "negative": (lambda: F.cross_entropy(LOGITS, [0, -1, 1]), IndexError, "is -1"),
    "not the ignored one": (lambda: F.cross_entropy(LOGITS, [0, -100, 1], ignore_index=-1), IndexError, "is -100"),
    "several classes": (lambda: F.cross_entropy(LOGITS, [[1, 1], [0, 1], [1, 0]]), ValueError, r"row \(0,\).*with_log"),
    "not hot": (lambda: F.cross_entropy(LOGITS, [[2, 0], [0, 1], [1, 0]]), ValueError, r"\[2 0\].*floating"),
    "an index of none": (lambda: F.cross_entropy(LOGITS, LOGITS, ignore_index=0), ValueError, "probabilities"),
    "smoothing": (lambda: F.cross_entropy(LOGITS, [0, 1, 0], label_smoothing=1.5), ValueError, "1.5"),
    "smoothing module": (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ValueError, "-0.1"),
    "weights": (lambda: F.cross_entropy(LOGITS, [0, 1, 0], [1.0, 1.0, 1.0]), ValueError, r"\(3,\).*shape \(2,\)"),
    "reduction": (lambda: F.cross_entropy(LOGITS, [0, 1, 0], reduction="average"), ValueError, "average"),
    "reduction of nll": (lambda: F.nll_loss(LOGITS, [0, 1, 0], reduction="max"), ValueError, "'max'"),
    "reduction for weight": (lambda: nn.CrossEntropyLoss("sum"), TypeError, "reduction='sum'"),
    "weight of words": (lambda: nn.NLLLoss(["a"]), TypeError, "needed are numbers"),
    "nll labels": (lambda: F.nll_loss(LOGITS, [0.0, 1.0, 0.0]), TypeError, "class indices"),
    "nll range": (lambda: F.nll_loss(LOGITS, [0, 2, 0]), IndexError, "nll_loss.*is 2"),
    "margin range": (lambda: F.multi_margin_loss(LOGITS, [0, -100, 0]), IndexError, "is -100"),
    "margin reduction": (lambda: F.multi_margin_loss(LOGITS, [0, 1, 0], reduction="max"), ValueError, "'max'"),
    "power": (lambda: F.multi_margin_loss(LOGITS, [0, 1, 0], p=3), ValueError, "p is 3"),
    "power of module": (lambda: nn.MultiMarginLoss(3), ValueError, "p is 3"),
}  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    call, error, message = REFUSED[refused]
    with pytest.raises(error, match=message):
        call()
