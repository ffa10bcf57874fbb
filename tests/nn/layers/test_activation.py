"""Activations are PyTorch's to the second derivative, are the engine's own functions, and are known to MLP by name."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional
from nn.layers.activation import ACTIVATIONS
from tests.nn.layers.twins import compared, normal

slopes = st.floats(-2, 2)
SETTINGS = {
    "Identity": st.just({}),
    "ReLU": st.just({}),
    "LeakyReLU": st.fixed_dictionaries({}, optional={"negative_slope": slopes}),
    "ELU": st.fixed_dictionaries({}, optional={"alpha": slopes}),
    "GELU": st.fixed_dictionaries({}, optional={"approximate": st.sampled_from(["none", "tanh"])}),
    "SiLU": st.just({}),
    "Sigmoid": st.just({}),
    "LogSigmoid": st.just({}),
    "Tanh": st.just({}),
    "Softplus": st.just({}),
    "Softmax": st.just({"axis": -1}) | st.just({"axis": 0}),
    "LogSoftmax": st.just({"axis": -1}) | st.just({"axis": 0}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_activations_are_pytorch_s(name, torch):
    @given(settings=SETTINGS[name], shape=st.lists(st.integers(1, 3), min_size=1, max_size=3), seed=st.integers(0, 99))
    def check(settings, shape, seed):
        x = np.random.default_rng(seed).normal(0, 3, shape)
        # PyTorch's softplus is linear above a threshold: there it is not exact, so the threshold is raised.
        theirs = {"dim" if key == "axis" else key: value for key, value in settings.items()}
        theirs |= {"threshold": 1e3} if name == "Softplus" else {}
        compared(getattr(nn, name)(**settings), getattr(torch.nn, name)(**theirs), x, torch, second=True)

    check()


def test_every_activation_without_needed_arguments_is_known_to_mlp():
    assert sorted(module.__name__ for module in ACTIVATIONS.values()) == sorted(SETTINGS)
    for name, module in ACTIVATIONS.items():
        assert isinstance(nn.MLP([2, 3, 1], activation=name)[1], module)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "identity"])
def test_modules_functions_and_the_engine_are_one_implementation(name):
    function = getattr(functional, name)
    assert function is getattr(ad, name)
    x = normal(3, 4)
    np.testing.assert_array_equal(ACTIVATIONS[name]()(x), function(x))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dtypes_stay_and_lists_are_taken(name):
    module = ACTIVATIONS[name]()
    for dtype in (np.float32, np.float64):
        x = ad.Tensor(normal(3, 4).astype(dtype), requires_grad=True)
        out = module(x)
        (out * out).sum().backward()
        assert out.dtype == x.grad.dtype == dtype
    np.testing.assert_array_equal(module([[1.0, -2.0]]), module(np.array([[1.0, -2.0]])))


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax", "Sigmoid", "LogSigmoid", "Softplus", "SiLU", "Tanh", "GELU"])
def test_inputs_of_any_size_give_finite_gradients(name):
    x = ad.Tensor([1e4, -1e4, 0.0], requires_grad=True)
    getattr(nn, name)()(x).sum().backward()
    assert np.isfinite(x.grad.data).all()


REFUSED = {
    "slope": (lambda: nn.LeakyReLU("0.1"), "LeakyReLU: negative_slope is '0.1'"),
    "infinite slope": (lambda: nn.LeakyReLU(np.inf), "negative_slope is inf"),
    "alpha": (lambda: nn.ELU(True), "ELU: alpha is True"),
    "approximation": (lambda: nn.GELU("fast"), "'fast'.*'tanh'"),
    "axis": (lambda: nn.Softmax(0.5), "Softmax: axis is 0.5"),
    "axis of the other": (lambda: nn.LogSoftmax(None), "LogSoftmax: axis is None"),
    "axis that is not there": (lambda: nn.Softmax(2)(normal(3, 4)), r"(?s)axis 2.*\[3, 4\]"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    make, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        make()


def test_activations_show_their_settings_where_they_are_not_as_usual():
    usual = [nn.ReLU(), nn.LeakyReLU(), nn.ELU(), nn.GELU(), nn.Softmax()]
    assert [repr(module) for module in usual] == ["ReLU()", "LeakyReLU()", "ELU()", "GELU()", "Softmax()"]
    changed = [nn.LeakyReLU(0.2), nn.ELU(2), nn.GELU("tanh"), nn.LogSoftmax(0)]
    assert [repr(module) for module in changed] == [
        "LeakyReLU(0.2)", "ELU(2.0)", "GELU(approximate='tanh')", "LogSoftmax(axis=0)",
    ]  # fmt: skip
