"""Losses are PyTorch's, exact at the extremes, and refuse targets that do not fit."""
import numpy as np
import pytest

import autodiff as ad
import nn


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["CrossEntropyLoss", "MSELoss"])
def test_losses_and_gradients_are_pytorch_s(name, reduction, torch):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 4)) * 3
    target = rng.integers(0, 4, 6) if name == "CrossEntropyLoss" else rng.standard_normal((6, 4))
    a, b = ad.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    mine = getattr(nn, name)(reduction)(a, target)
    theirs = getattr(torch.nn, name)(reduction=reduction)(b, torch.tensor(target))
    np.testing.assert_allclose(mine.data, theirs.detach().numpy(), rtol=1e-12)
    g = rng.standard_normal(mine.shape)
    mine.backward(g)
    theirs.backward(torch.tensor(g))
    np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_is_exact_for_large_logits(dtype):
    logits = ad.Tensor(np.array([[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4]], dtype), requires_grad=True)
    loss = nn.CrossEntropyLoss(reduction="none")(logits, np.array([0, 0, 1]))
    np.testing.assert_allclose(loss.data, np.array([0, 2e4, np.log(2)], dtype), rtol=1e-6)
    loss.sum().backward()
    np.testing.assert_allclose(logits.grad.data, [[0, 0], [-1, 1], [0.5, -0.5]], atol=1e-7)


def test_targets_may_require_grad_and_be_lists():
    target = ad.Tensor([1.0, 2.0], requires_grad=True)
    nn.MSELoss()(np.array([0.0, 0.0]), target).backward()
    np.testing.assert_allclose(target.grad.data, [1.0, 2.0])
    assert float(nn.MSELoss()(np.array([1.0, 2.0]), [1.0, 0.0])) == 2.0


LOGITS = np.zeros((3, 2))
REFUSED = {
    "one-hot": (lambda: nn.CrossEntropyLoss()(LOGITS, np.eye(2)[[0, 1, 0]]), TypeError, "integers"),
    "too many": (lambda: nn.CrossEntropyLoss()(LOGITS, np.zeros(4, int)), ValueError, r"\(3, 2\).*\(4,\)"),
    "a column": (lambda: nn.CrossEntropyLoss()(LOGITS, np.zeros((3, 1), int)), ValueError, "shape"),
    "too large": (lambda: nn.CrossEntropyLoss()(LOGITS, np.array([0, 1, 2])), IndexError, "2 classes"),
    "negative": (lambda: nn.CrossEntropyLoss()(LOGITS, np.array([0, -1, 1])), IndexError, "-1"),
    "broadcast": (lambda: nn.MSELoss()(np.zeros((3, 1)), np.zeros(3)), ValueError, "equal shapes"),
    "reduction": (lambda: nn.MSELoss("average"), ValueError, "average"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    call, error, message = REFUSED[refused]
    with pytest.raises(error, match=message):
        call()
