"""Groups follow their own settings, and what cannot be trained is refused before anything moves."""
import numpy as np
import pytest

import autodiff as ad
import nn
from tests.nn.optim.optimizers import equal, every_optimizer, loss_of, parameters, train, values


@every_optimizer
def test_each_group_follows_its_own_settings_and_they_can_change(make):
    fast, slow, alone = parameters((3,), (3,), (3,))
    slow.data = alone.data = fast.data
    optimizer = make([{"params": [fast]}, {"params": slow, "lr": 0.001}])
    single = make([alone], lr=0.001)
    train([fast, slow], optimizer)
    train([alone], single)
    equal([slow.data], [alone.data])
    assert not np.array_equal(fast.data, slow.data)
    still = make([{"params": fast, "lr": 0.0}, {"params": slow}])
    before = values([fast, slow])
    train([fast, slow], still)
    equal([fast.data], before[:1])
    assert not np.array_equal(slow.data, before[1])
    still.param_groups[0]["lr"] = 0.1
    train([fast], still)
    assert not np.array_equal(fast.data, before[0])


@every_optimizer
def test_a_group_that_is_added_later_is_trained_like_one_from_the_start(make):
    first, second = parameters((3,), (2,)), parameters((3,), (2,))
    grown = make(first[:1])
    train(first[:1], grown)
    train(second[:1], whole := make([{"params": second[:1]}, {"params": second[1:], "lr": 0.03}]))
    memory = first[0].data
    grown.add_param_group({"params": first[1:], "lr": 0.03})
    for params, optimizer in ((first, grown), (second, whole)):
        train(params, optimizer, 3)
    equal(values(first), values(second))
    assert first[0].data is memory
    np.testing.assert_equal(grown.state_dict()["state"], whole.state_dict()["state"])


def test_a_group_that_cannot_be_added_changes_nothing():
    (p, q) = parameters((3,), (2,))
    optimizer = nn.SGD([p])
    memory = q.data
    for wrong, error, message in (
        ({"params": [q, p]}, ValueError, "passed twice"),
        ({"params": [q], "lr": -1}, ValueError, "lr is -1"),
        ({"params": [q], "rate": 1}, TypeError, "rate"),
        ({"lr": 1}, TypeError, "'params'"),
    ):
        with pytest.raises(error, match=message):
            optimizer.add_param_group(wrong)
    assert len(optimizer.param_groups) == 1
    assert q.data is memory


def test_settings_are_plain_numbers_whatever_was_given():
    optimizer = nn.Adam(parameters((1,)), lr=np.float64(0.5), betas=[np.float32(0.5), 0], weight_decay=1)
    group = optimizer.param_groups[0]
    assert [type(group[name]) for name in ("lr", "weight_decay", "eps")] == [float] * 3
    assert group["betas"] == (0.5, 0.0)
    assert [type(beta) for beta in group["betas"]] == [float] * 2
    assert nn.SGD(parameters((1,)), momentum=0.9, nesterov=np.True_).param_groups[0]["nesterov"] is True


@every_optimizer
def test_dtypes_are_kept_apart_and_kept(make):
    params = [*parameters((2,), dtype=np.float32), *parameters((2,)), *parameters((2,), dtype=np.float32)]
    train(params, make(params), 2)
    assert [p.dtype for p in params] == [np.float32, np.float64, np.float32]
    assert [p.grad.dtype for p in params] == [np.float32, np.float64, np.float32]


W = nn.Parameter([1.0])
REFUSED = {
    "none": (lambda: nn.SGD([]), ValueError, "no parameters"),
    "a tensor": (lambda: nn.SGD(W), TypeError, "iterable"),
    "a module": (lambda: nn.Adam(nn.ReLU()), TypeError, "model.parameters"),
    "an array": (lambda: nn.SGD([np.zeros(2)]), TypeError, "must be a Tensor"),
    "integers": (lambda: nn.SGD([ad.Tensor([1, 2])]), ValueError, "floating-point"),
    "computed": (lambda: nn.SGD([W * 2]), ValueError, "only leaves"),
    "twice": (lambda: nn.SGD([W, W]), ValueError, "passed twice"),
    "in two groups": (lambda: nn.Adam([{"params": [W]}, {"params": [W]}]), ValueError, "passed twice"),
    "an unknown setting": (lambda: nn.SGD([{"params": [W], "rate": 1}]), TypeError, "rate"),
    "a group without params": (lambda: nn.SGD([{"lr": 1}]), TypeError, "'params'"),
    "a negative rate": (lambda: nn.SGD([W], lr=-1), ValueError, "lr is -1"),
    "a NaN rate": (lambda: nn.SGD([W], lr=float("nan")), ValueError, "lr is nan"),
    "a rate in words": (lambda: nn.SGD([W], lr="0.1"), ValueError, "lr is '0.1'"),
    "no rate": (lambda: nn.Adam([W], lr=None), ValueError, "lr is None"),
    "an infinite rate": (lambda: nn.Adam([W], lr=float("inf")), ValueError, "lr is inf.*finite"),
    "one beta": (lambda: nn.Adam([W], betas=0.9), ValueError, "betas is 0.9; needed are two"),
    "betas in words": (lambda: nn.Adam([W], betas=("a", "b")), ValueError, "betas is .'a', 'b'"),
    "a negative decay": (lambda: nn.Adam([{"params": [W], "weight_decay": -1}]), ValueError, "weight_decay"),
    "a momentum of 1": (lambda: nn.SGD([W], momentum=1), ValueError, "momentum"),
    "nesterov alone": (lambda: nn.SGD([W], nesterov=True), ValueError, "nesterov"),
    "nesterov, damped": (lambda: nn.SGD([W], momentum=0.9, dampening=0.1, nesterov=True), ValueError, "nesterov"),
    "a beta of 1": (lambda: nn.Adam([W], betas=(0.9, 1.0)), ValueError, "betas"),
    "nesterov of a mean": (lambda: nn.SGD([W], momentum=0.9, nesterov=True, form="ema"), ValueError, "nesterov"),
    "nesterov in words": (lambda: nn.SGD([W], momentum=0.9, nesterov="yes"), ValueError, "nesterov is 'yes'"),
    "keras, dampened": (lambda: nn.SGD([W], momentum=0.9, dampening=0.1, form="keras"), ValueError, "only the form"),
    "another form": (lambda: nn.SGD([W], form="tf"), ValueError, "form is 'tf'; it can be 'pytorch' or 'keras' or"),
    "adam's mean": (lambda: nn.Adam([W], form="ema"), ValueError, "form is 'ema'"),
    "a negative dampening": (lambda: nn.SGD([W], momentum=0.9, dampening=-1), ValueError, "dampening is -1"),
    "a true rate": (lambda: nn.SGD([W], lr=True), ValueError, "lr is True"),
    "an alpha of 1": (lambda: nn.RMSprop([W], alpha=1), ValueError, "alpha is 1.0.* less than 1"),
    "centered, by number": (lambda: nn.RMSprop([W], centered=1), ValueError, "centered is 1.0"),
    "a negative sum": (lambda: nn.Adagrad([W], initial_accumulator_value=-1), ValueError, "initial_accumulator"),
    "two at once": (lambda: nn.Adagrad([W], lr=-1, lr_decay=-2), ValueError, "lr is -1.*; lr_decay is -2"),
    "a negative eps": (lambda: nn.Adam([W], eps=-1.0), ValueError, "eps"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_cannot_be_trained_is_refused_before_anything_moves(refused):
    make, error, message = REFUSED[refused]
    memory = W.data
    with pytest.raises(error, match=message):
        make()
    assert W.data is memory


def test_repr_shows_settings_and_counts():
    assert repr(nn.SGD(parameters((3, 2), (4,)), lr=0.5)) == (
        "SGD(lr=0.5, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, "
        "form='pytorch'): 2 tensors, 10 parameters"
    )


def test_an_optimizer_without_an_update_says_so():
    class Idle(nn.optim.Optimizer):
        pass

    (p,) = parameters((2,))
    optimizer = Idle([p], {"lr": 0.1})
    p.grad = ad.Tensor(np.ones(2))
    with pytest.raises(TypeError, match="Idle has no update"):
        optimizer.step()


def test_zero_grad_forgets_the_gradients_of_every_group():
    params = parameters((2,), (3,), (1,))
    optimizer = nn.SGD([{"params": params[:2]}, {"params": params[2]}])
    loss_of(params).backward()
    optimizer.zero_grad()
    assert [p.grad for p in params] == [None] * 3
