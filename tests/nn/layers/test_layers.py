"""Layers compute what PyTorch's do, forward and backward, and say what input they need."""
import copy
import pickle
import threading

import numpy as np
import pytest

import autodiff as ad
import nn
from tests.nn.layers.twins import compared, normal


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("leading", [(), (5,), (2, 3), (0,)], ids=str)
def test_linear_is_pytorch_s(bias, leading, torch):
    compared(nn.Linear(4, 3, bias, dtype=float), torch.nn.Linear(4, 3, bias=bias), normal(*leading, 4), torch)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda **more: nn.Linear(3, 4, **more), (4, 3)),
        (lambda **more: nn.Conv2d(4, 6, 3, groups=2, **more), (6, 2, 3, 3)),
    ],
    ids=["Linear", "Conv2d"],
)
def test_parameters_are_float32_within_pytorch_s_default_bounds_and_repeatable(layer, shape):
    made, again = (layer(rng=np.random.default_rng(5)) for _ in range(2))
    assert made.weight.shape == shape
    assert made.weight.dtype == made.bias.dtype == np.float32
    bound = 1 / np.sqrt(np.prod(shape[1:]))
    for p, q in zip(made.parameters(), again.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
        assert 0.5 * bound < np.abs(p.data).max() <= bound
    assert layer(dtype=np.float64).weight.dtype == np.float64
    nn.manual_seed(1)
    first = layer().weight.numpy()
    nn.manual_seed(1)
    np.testing.assert_array_equal(layer().weight.data, first)


def test_float32_stays_float32_through_a_network():
    body = [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)]
    model = nn.Sequential(*body, nn.Sigmoid(), nn.Tanh())
    out = model(normal(2, 1, 6, 6).astype(np.float32))
    loss = nn.MSELoss()(out, np.zeros((2, 3), np.float32))
    loss.backward()
    assert {out.dtype, loss.dtype, *(p.grad.dtype for p in model.parameters())} == {np.dtype(np.float32)}


def test_mlp_is_linear_layers_with_an_activation_between_each_two():
    model = nn.MLP([2, 5, 4, 1], activation="tanh", bias=False)
    assert [type(layer).__name__ for layer in model] == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    assert [p.shape for p in model.parameters()] == [(5, 2), (4, 5), (1, 4)]
    assert isinstance(nn.MLP([2, 3, 1], activation=nn.Sigmoid)[1], nn.Sigmoid)


REFUSED = {
    "features": (lambda: nn.Linear(2, 3)(np.ones((5, 4))), r"Linear\(2, 3\): .*\(5, 4\).*\(\.\.\., 2\)"),
    "no features": (lambda: nn.Linear(0, 3), "at least 1"),
    "half a feature": (lambda: nn.Linear(5 / 2, 3), r"Linear\(2.5, 3\): in_features is 2.5"),
    "features in words": (lambda: nn.Linear(2, "3"), "out_features is '3'"),
    "features of a list": (lambda: nn.Linear(2, 3)([[1.0, 2.0, 3.0]]), r"\(1, 3\) and needs \(\.\.\., 2\)"),
    "sizes that are one": (lambda: nn.MLP(3), r"MLP: 3 are too few sizes.*nn\.MLP\(\[2, 50, 2\]\)"),
    "one size": (lambda: nn.MLP([2]), "too few"),
    "activation": (lambda: nn.MLP([2, 1], activation="rely"), "rely.*relu"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    make, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("settings", "message"), [({"dtype": int}, "floating-point"), ({"rng": 0.5}, "Generator")])
def test_wrong_kinds_are_refused(settings, message):
    with pytest.raises(TypeError, match=message):
        nn.Linear(2, 2, **settings)


def test_an_activation_is_named_or_a_class():
    assert isinstance(nn.MLP([2, 3, 1], activation=nn.Tanh)[1], nn.Tanh)
    with pytest.raises(TypeError, match=r"needs one of its own: give the class, nn\.ReLU"):
        nn.MLP([2, 3, 1], activation=nn.ReLU())


def test_numpy_s_integers_are_whole_numbers():
    two, three = np.arange(2, 4)
    assert nn.Linear(two, three).weight.shape == (3, 2)
    assert repr(nn.Conv2d(two, two, three, padding=(two, 1))).startswith("Conv2d(2, 2, 3, padding=(2, 1))")
    assert repr(nn.MaxPool2d(two)) == "MaxPool2d(2)"


def test_threads_may_share_a_module():
    """Each thread's scope is its own, though the modules are the same."""
    model = nn.MLP([2, 16, 16, 1])
    x = normal(64, 2).astype(np.float32)
    expected, wrong = model(x).data, []

    def work():
        for _ in range(100):
            out = model(x)
            if out.node.scope != "MLP/4" or not np.array_equal(out.data, expected):
                wrong.append(out.node.scope)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_seed_stands_for_a_generator_and_layers_of_one_network_differ():
    one, other = nn.MLP([4, 4, 4], rng=3), nn.MLP([4, 4, 4], rng=np.random.default_rng(3))
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    assert not np.array_equal(one[0].weight.data, one[2].weight.data)
    assert not np.array_equal(one[0].weight.data[0], one[0].bias.data)


def test_layers_show_their_settings_where_they_are_not_as_usual():
    assert repr(nn.Linear(2, 3, bias=False)).startswith("Linear(2, 3, bias=False)")
    assert repr(nn.MSELoss("sum")) == "MSELoss(reduction='sum')"


def test_without_a_seed_layers_differ(monkeypatch):
    monkeypatch.setattr("nn.random._default", None)
    assert not np.array_equal(nn.Linear(3, 3).weight.data, nn.Linear(3, 3).weight.data)


def with_chance_and_state():
    body = [nn.Linear(3, 6, rng=0), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5, rng=3), nn.Linear(6, 2, rng=1)]
    return nn.Sequential(*body).astype(float)


def test_a_checkpoint_repeats_draws_and_does_not_count_a_batch_twice():
    plain, again = with_chance_and_state(), with_chance_and_state()
    x = normal(5, 3)
    a, b = ad.Tensor(x, requires_grad=True), ad.Tensor(x, requires_grad=True)
    (plain(a) ** 2).sum().backward()
    (ad.checkpoint(again, b) ** 2).sum().backward()
    np.testing.assert_array_equal(a.grad.data, b.grad.data)
    for path, value in plain.state_dict().items():
        np.testing.assert_array_equal(value, again.state_dict()[path])


def test_copies_and_pickles_go_on_as_the_original_would():
    model, x = with_chance_and_state(), normal(5, 3)
    twins = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    expected = [model(x).data, model(x).data]
    for twin in twins:
        np.testing.assert_array_equal([twin(x).data, twin(x).data], expected)
        assert twin[1].num_batches_tracked.item() == 2


def test_an_unchanged_network_of_parameters_can_be_called_as_a_function():
    model, x = with_chance_and_state().eval(), normal(5, 3)
    doubled = {path: 2 * p for path, p in model.named_parameters()}
    assert not np.array_equal(nn.functional_call(model, doubled, x).data, model(x).data)
    np.testing.assert_array_equal(nn.functional_call(model, dict(model.named_parameters()), x).data, model(x).data)


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Linear(2, 3), (4, 2)), (nn.Conv2d(1, 3, 1), (1, 1, 2, 2))], ids=["Linear", "Conv2d"]
)
@pytest.mark.parametrize("pixels", [np.uint8, np.int64, bool])
def test_integers_and_lists_do_not_widen_what_a_layer_computes(layer, shape, pixels):
    x = np.ones(shape, pixels)
    assert layer(x).dtype == layer(ad.Tensor(x)).dtype == np.float32
    assert layer(x.astype(float).tolist()).dtype == layer(x.tolist()).dtype == np.float32
    np.testing.assert_array_equal(layer(x).data, layer(x.astype(np.float32)).data)
    assert layer(x.astype(np.float64)).dtype == np.float64, "an array of floats has a precision of its own"
