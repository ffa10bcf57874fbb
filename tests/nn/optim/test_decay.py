"""Weight decay is for weights: biases and the parameters of norms are left out of it."""
import numpy as np
import pytest

import nn
from nn.optim import decay_groups
from tests.nn.optim.optimizers import OPTIMIZERS, equal, every_optimizer, values


def paths_of(groups, model):
    names = {id(parameter): path for path, parameter in model.named_parameters()}
    return [[names[id(parameter)] for parameter in group["params"]] for group in groups]


def test_weights_decay_and_biases_do_not():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3), nn.Linear(3, 2, bias=False))
    weights, others = groups = decay_groups(model, 0.01)
    assert paths_of(groups, model) == [["0.weight", "2.weight", "3.weight"], ["0.bias", "2.bias"]]
    assert [weights["weight_decay"], others["weight_decay"]] == [0.01, 0.0]


class Model(nn.Module):
    """With a bias of two axes, and a scale that is no bias."""

    def __init__(self):
        self.weight = nn.Parameter(np.ones((3, 2)))
        self.bias = nn.Parameter(np.ones((3, 1)))
        self.scale = nn.Parameter(np.ones(3))


def test_a_bias_is_one_by_its_name_too_and_what_has_one_axis_is_no_weight():
    model = Model()
    assert paths_of(decay_groups(model, 0.1), model) == [["weight"], ["bias", "scale"]]


def test_norms_do_not_decay_whatever_the_shape_of_their_weights():
    norms = nn.BatchNorm2d(2), nn.LayerNorm((2, 4, 4))
    model = nn.Sequential(nn.Conv2d(1, 2, 3), *norms, nn.Flatten(), nn.Linear(32, 2))
    assert paths_of(decay_groups(model, 0.1), model)[0] == ["0.weight", "4.weight"]


def test_every_parameter_is_in_exactly_one_group_and_tied_ones_once():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    groups = decay_groups(model, 0.1)
    found = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


def test_a_group_that_would_be_empty_is_left_out():
    (only,) = decay_groups(nn.Linear(2, 2, bias=False), 0.1)
    assert only["weight_decay"] == 0.1


@every_optimizer
def test_every_optimizer_decays_weights_alone(make):
    """Where there is no gradient but zero, nothing but the decay moves anything."""
    model, plain = nn.MLP([2, 3, 2], dtype=np.float64, rng=0), nn.MLP([2, 3, 2], dtype=np.float64, rng=0)
    for network in (model, plain):
        for parameter in network.parameters():
            parameter.data = np.ones(parameter.shape)
    optimizer = make(decay_groups(model, 0.1))
    (sum(parameter.sum() for parameter in model.parameters()) * 0.0).backward()
    optimizer.step()
    for parameter in model.parameters():
        assert (parameter.data < 1.0).all() == (parameter.ndim == 2)


def test_the_l2_of_text_books_written_out():
    """W ← (1 − βη) W − η ∂L/∂W for weights, b ← b − η ∂L/∂b for biases."""
    model, x = nn.Linear(3, 2, dtype=np.float64), np.random.default_rng(0).standard_normal((5, 3))
    optimizer = nn.SGD(decay_groups(model, 0.3), lr=0.1)
    model(x).sum().backward()
    w, b = values(model.parameters())
    dw, db = (parameter.grad.numpy() for parameter in model.parameters())
    optimizer.step()
    np.testing.assert_allclose(model.weight.data, (1 - 0.3 * 0.1) * w - 0.1 * dw, rtol=1e-14)
    equal([model.bias.data], [b - 0.1 * db])


def test_other_settings_are_the_optimizer_s():
    optimizer = OPTIMIZERS["adam"](decay_groups(nn.Linear(2, 2), 0.1), lr=0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: decay_groups(nn.Linear(2, 2).parameters(), 0.1), TypeError, "needed is a Module"),
        (lambda: decay_groups(nn.Linear(2, 2), -0.1), ValueError, "weight_decay is -0.1"),
        (lambda: decay_groups(nn.Linear(2, 2), "0.1"), ValueError, "weight_decay is '0.1'"),
        (lambda: decay_groups(nn.ReLU(), 0.1), ValueError, "ReLU has no parameters"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
