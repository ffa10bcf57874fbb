"""gradcheck and gradgradcheck: they pass what is right, and say what is wrong, where and why."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def declare(forward, *rules, **declaration):
    """A primitive for one test, which does not stay in the registry."""
    made = ad.primitive(forward, name="for_one_test", **declaration).vjp(*rules)
    del ad.REGISTRY["for_one_test"]
    return made


def failure(f, *inputs, check=ad.gradcheck, **settings):
    with pytest.raises(ad.GradientCheckError) as caught:
        check(f, *inputs, **settings)
    assert caught.value.cause in str(caught.value)
    return caught.value


SMOOTH = [
    lambda x: np.exp(x) * np.sin(x),
    lambda x: (x * x).sum(),
    lambda x: np.tanh(x).mean(axis=0),
    lambda x: {"a": x**3, "b": [ad.sigmoid(x), x.sum()]},
    lambda x: 3.0 * x + 1.0,
]


@given(f=st.sampled_from(SMOOTH), shape=st.sampled_from([(), (1,), (3,), (2, 3), (0,)]), seed=st.integers(0, 99))
def test_right_derivatives_pass(f, shape, seed):
    if shape == ():
        f = SMOOTH[0]
    x = np.random.default_rng(seed).uniform(0.2, 1.5, shape)
    with np.errstate(all="ignore"):
        assert ad.gradcheck(f, x) is True
        assert ad.gradgradcheck(f, x) is True


def test_nested_inputs_constants_and_tensors_are_taken(rng):
    def f(parameters, x, labels, name):
        assert name == "a setting"
        return ad.softmax_cross_entropy(x @ parameters["w"] + parameters["b"][0], labels).mean()

    parameters = {"w": rng.normal(size=(3, 2)), "b": [ad.Tensor([0.1, 0.2], requires_grad=True)]}
    inputs = (parameters, rng.normal(size=(4, 3)), np.array([0, 1, 1, 0]), "a setting")
    assert ad.gradcheck(f, *inputs)
    assert ad.gradgradcheck(f, *inputs)
    assert parameters["b"][0].grad is None


def test_float32_passes_with_the_tolerance_it_deserves(rng):
    assert ad.gradcheck(lambda x: np.exp(x).sum(axis=1), rng.normal(size=(5, 4)).astype(np.float32))
    assert ad.gradgradcheck(lambda x: np.exp(x).sum(axis=1), rng.normal(size=(5, 4)).astype(np.float32))


def test_without_floats_there_is_nothing_to_check():
    with pytest.raises(TypeError, match="no input is an array of floats"):
        ad.gradcheck(lambda x: x, np.array([1, 2]))


def test_an_output_without_derivative_is_refused():
    with pytest.raises(TypeError, match="output"):
        ad.gradcheck(lambda x: x > 0, np.array([1.0, 2.0]))


def test_it_names_input_and_element():
    wrong = declare(lambda x, y: np.multiply(x, y), lambda g, y: g * y, lambda g, x: g * x * np.array([1, 1, 7]))
    x = np.array([[0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
    error = failure(lambda d: wrong(d["a"], d["b"]), {"a": x, "b": x + 1})
    assert error.argument == "input 0['b']"
    assert error.index[1] == 2
    assert error.analytical == pytest.approx(7 * error.numerical, rel=1e-4)
    assert "2 of 6" in str(error)


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        (lambda g, x: g * 2 * ad.cos(x), "factor 2"),
        (lambda g, x: g * 0.5 * ad.cos(x), "factor 0.5"),
        (lambda g, x: -g * ad.cos(x), "sign is wrong"),
        (lambda g, x: g * 3.3 * ad.cos(x), "factor 3.3"),
        (lambda g, x: g * 0.0, "no gradient arrives"),
        (lambda g, x: (g * ad.cos(x))[::-1], "wrong places"),
        (lambda g, x: g * ad.cos(x) + x * x * g, "missing term"),
        (lambda g, x: g * np.nan, "divides by zero"),
        (lambda g, x: (g * ad.cos(x))[:2], "wrong shape"),
        (lambda g, x: "nonsense", "wrong shape or type"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_with_a_rule(rule, cause):
    wrong = declare(np.sin, rule, names="x")
    point = np.array([0.3, 1.1, 2.0])
    assert cause in failure(wrong, point).cause


def test_a_term_too_many_is_told():
    constant = declare(lambda x: np.ones_like(x), lambda g, x: g * x, names="x")
    assert "does not depend" in failure(constant, np.array([1.0, 2.0])).cause


def test_a_detached_part_is_told():
    assert "factor 0.5" in failure(lambda x: x * x.detach(), np.array([1.0, 2.0])).cause
    assert "no gradient arrives" in failure(lambda x: ad.stop_gradient(x) ** 2, np.array([1.0, 2.0])).cause


@pytest.mark.parametrize("f", [ad.relu, ad.leaky_relu, lambda x: np.clip(x, 0.0, 1.0)])
def test_a_kink_is_told(f):
    error = failure(f, np.zeros((2, 1)))
    assert "kink" in error.cause


def test_a_kink_next_to_the_point_is_a_matter_of_the_step():
    error = failure(ad.relu, np.array([1.0, 1e-6]))
    assert error.index == (1,)
    assert "smaller step" in error.cause
    assert ad.gradcheck(ad.relu, np.array([1.0, 1e-6]), eps=1e-7)


def test_a_coarse_function_needs_a_larger_step(rng):
    rough = declare(lambda x: np.round(np.sin(x), 7), lambda g, x: g * ad.cos(x), names="x")
    assert "larger step" in failure(rough, rng.uniform(0.2, 1.0, 5)).cause
    assert ad.gradcheck(rough, rng.uniform(0.2, 1.0, 5), eps=1e-3, rtol=1e-2)


def test_the_precision_of_float32_is_told():
    x = np.array([1.0, 1.0003], np.float32)
    error = failure(lambda x: (np.exp(x) - np.exp(1.0)) * 1e4 / x**2, x, rtol=1e-9, atol=1e-9)
    assert "precision: computed in float64" in error.cause


def test_the_edge_of_a_domain_is_told():
    with np.errstate(invalid="ignore", divide="ignore"):
        assert "edge of the domain" in failure(ad.sqrt, np.array([1.0, 0.0])).cause


def test_an_input_that_is_changed_is_told():
    def f(x, y):
        y.data[0] += 1.0
        return x * y

    error = failure(f, np.ones(2), np.ones(2))
    assert error.argument == "input 1"
    assert "in place" in error.cause


def test_randomness_is_told(rng):
    assert "not deterministic" in failure(lambda x: x * rng.normal(), np.ones(2)).cause


def test_the_element_of_a_large_input_is_found(rng):
    where = np.ones((40, 50))
    where[17, 23] = 1.5
    wrong = declare(np.sin, lambda g, x: g * ad.cos(x) * where, names="x")
    error = failure(lambda x: wrong(x).sum(axis=0), rng.uniform(0.0, 1.0, (40, 50)))
    assert error.index == (17, 23)
    assert "factor 1.5" in error.cause
    assert ad.gradcheck(lambda x: np.sin(x).sum(axis=0), rng.uniform(0.0, 1.0, (40, 50)))


def test_a_wrong_second_derivative_is_found_where_the_first_is_right():
    cached = declare(np.square, lambda g, x: g * 2.0 * getattr(x, "_data", x), names="x")
    assert ad.gradcheck(cached, np.array([1.0, 2.0]))
    error = failure(cached, np.array([1.0, 2.0]), check=ad.gradgradcheck)
    assert error.argument == "input 0"
    assert "no gradient arrives" in error.cause


def test_a_rule_that_is_not_linear_in_the_upstream_gradient_is_found():
    crooked = declare(lambda x: 2.0 * x, lambda g: 2.0 * g * g, names="x")
    error = failure(crooked, np.array([1.0, 2.0]))
    assert error.argument == "input 0"


def test_the_same_draws_give_the_same_verdict():
    wrong = declare(np.sin, lambda g, x: g, names="x")
    texts = {str(failure(wrong, np.array([0.5, 0.6]), rng=np.random.default_rng(3))) for _ in range(2)}
    assert len(texts) == 1
