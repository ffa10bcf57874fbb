"""functional_call makes a module a function of its parameters, and gives it back as it was."""
import threading
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn

#: Smooth, so that finite differences agree.
ACTIVATIONS = ["tanh", "sigmoid", "softplus", "gelu", "silu"]


@st.composite
def networks(draw, largest=4):
    sizes = draw(st.lists(st.integers(1, largest), min_size=2, max_size=4))
    seed = draw(st.integers(0, 99))
    model = nn.MLP(sizes, draw(st.sampled_from(ACTIVATIONS)), bias=draw(st.booleans()), dtype=np.float64, rng=seed)
    square = [layer for layer in model if isinstance(layer, nn.Linear) and layer.in_features == layer.out_features]
    if square and draw(st.booleans()):
        model.insert(list(model).index(square[0]), square[0])  # used twice
    x = np.random.default_rng(seed).standard_normal((3, sizes[0]))
    return model, x


def values(model):
    return {path: parameter.numpy() for path, parameter in model.named_parameters()}


def loss_of(model, x):
    return lambda parameters: ad.mean(nn.functional_call(model, parameters, x) ** 2)


def identities(model):
    tensors = (*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False))
    return {path: (id(tensor), tensor.numpy().tobytes()) for path, tensor in tensors}


@given(networks())
def test_gradients_are_those_of_backward_and_the_module_is_as_before(case):
    model, x = case
    before = identities(model)
    value, gradients = ad.value_and_grad(loss_of(model, x))(values(model))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert identities(model) == before
    loss = ad.mean(model(x) ** 2)
    loss.backward()
    assert loss.item() == value
    for path, parameter in model.named_parameters():
        np.testing.assert_allclose(gradients[path], parameter.grad.data, rtol=1e-12, atol=1e-15)


@given(networks(), st.integers(0, 99))
def test_hessian_vector_products_agree_with_finite_differences(case, seed):
    model, x = case
    loss, at = loss_of(model, x), values(model)
    rng = np.random.default_rng(seed)
    direction = {path: rng.standard_normal(value.shape) for path, value in at.items()}
    (product,) = ad.hvp(loss, (at,), (direction,))
    step = 1e-5
    up, down = ({path: at[path] + sign * step * direction[path] for path in at} for sign in (1, -1))
    ahead, behind = ad.grad(loss)(up), ad.grad(loss)(down)
    for path in at:
        np.testing.assert_allclose(product[path], (ahead[path] - behind[path]) / (2 * step), rtol=1e-4, atol=1e-6)


@given(networks(largest=2))
def test_hessians_are_symmetric_and_agree_with_their_products(case):
    model, x = case
    loss, at = loss_of(model, x), values(model)
    hessian = ad.hessian(loss)(at)
    direction = {path: np.ones_like(value) for path, value in at.items()}
    (product,) = ad.hvp(loss, (at,), (direction,))
    for one in at:
        rows = sum(hessian[one][other].reshape((*at[one].shape, -1)).sum(axis=-1) for other in at)
        np.testing.assert_allclose(rows, product[one], rtol=1e-9, atol=1e-12)
        for other in at:
            axes = (*range(at[other].ndim, at[other].ndim + at[one].ndim), *range(at[other].ndim))
            np.testing.assert_allclose(hessian[one][other], hessian[other][one].transpose(axes), rtol=1e-9, atol=1e-12)


@given(networks())
def test_derivatives_along_a_direction_agree_with_finite_differences(case):
    model, x = case
    at = values(model)
    direction = {path: np.cos(np.arange(value.size)).reshape(value.shape) for path, value in at.items()}
    output, tangent = ad.jvp(lambda parameters: nn.functional_call(model, parameters, x), (at,), (direction,))
    np.testing.assert_array_equal(output, model(x).data)
    step = 1e-6
    up, down = ({path: at[path] + sign * step * direction[path] for path in at} for sign in (1, -1))
    expected = (nn.functional_call(model, up, x).data - nn.functional_call(model, down, x).data) / (2 * step)
    np.testing.assert_allclose(tangent, expected, rtol=1e-5, atol=1e-8)


@given(networks())
def test_gradients_per_example_come_from_one_jacobian(case):
    model, x = case

    def losses(parameters):
        return ad.sum(nn.functional_call(model, parameters, x) ** 2, axis=1)

    jacobian = ad.jacobian(losses)(values(model))
    for number, sample in enumerate(x):
        model.zero_grad()
        ad.sum(model(sample[None]) ** 2).backward()
        for path, parameter in model.named_parameters():
            np.testing.assert_allclose(jacobian[path][number], parameter.grad.data, rtol=1e-10, atol=1e-13)


def test_a_step_of_learning_can_be_differentiated():
    """The gradient, with respect to where a model starts, of its loss after a step of gradient descent."""
    model = nn.MLP([1, 3, 1], "tanh", dtype=np.float64, rng=0)
    x = np.linspace(-1, 1, 5)[:, None]

    def after_a_step(start):
        slope = ad.grad(loss_of(model, x))(start)
        return loss_of(model, x)({path: start[path] - 0.3 * slope[path] for path in start})

    start = values(model)
    gradient = ad.grad(after_a_step)(start)
    moved = {path: value.copy() for path, value in start.items()}
    moved["0.weight"][1, 0] += 1e-6
    difference = (float(after_a_step(moved)) - float(after_a_step(start))) / 1e-6
    np.testing.assert_allclose(gradient["0.weight"][1, 0], difference, rtol=1e-4)


def test_what_is_missing_is_the_modules_own():
    model = nn.Linear(2, 1, rng=0)
    x = np.ones((1, 2), np.float32)
    np.testing.assert_array_equal(nn.functional_call(model, {}, x).data, model(x).data)
    y = nn.functional_call(model, {"weight": np.zeros((1, 2), np.float32)}, x)
    np.testing.assert_array_equal(y.data, [model.bias.data])


def test_gradients_flow_into_given_tensors_and_not_into_the_module():
    model = nn.Linear(2, 1, rng=0, dtype=np.float64)
    scale = ad.Tensor(2.0, requires_grad=True)
    y = nn.functional_call(model, {"weight": scale * np.ones((1, 2)), "bias": np.zeros(1)}, np.array([[3.0, 4.0]]))
    y.sum().backward()
    assert scale.grad.item() == 7.0
    assert model.weight.grad is None


def test_settings_and_hooks_reach_the_call_and_the_scope_is_the_modules():
    class Shift(nn.Module):
        def __init__(self):
            self.offset = nn.Parameter(1.0)

        def forward(self, x, *, module, parameters):
            return x + self.offset * module * parameters

    shift = Shift()
    shift.register_forward_hook(lambda m, i, o: o * m.offset)
    given = {"offset": ad.Tensor(10.0, requires_grad=True)}
    y = nn.functional_call(shift, given, 1.0, module=2.0, parameters=3.0)
    assert (y.item(), y.node.scope) == (610.0, "Shift")


class Tied(nn.Module):
    def __init__(self):
        self.encode = nn.Linear(2, 2, bias=False, rng=0, dtype=np.float64)
        self.decode = nn.Linear(2, 2, bias=False, dtype=np.float64)
        self.decode.weight = self.encode.weight
        self.again = self.encode

    def forward(self, x):
        return self.again(self.decode(self.encode(x)))


@pytest.mark.parametrize("path", ["encode.weight", "decode.weight", "again.weight"])
def test_one_path_of_a_tie_stands_for_all(path, torch):
    model = Tied()
    w, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0]])
    before = identities(model)
    np.testing.assert_array_equal(nn.functional_call(model, {path: w}, x).data, x @ w.T @ w.T @ w.T)
    gradient = ad.grad(lambda p: ad.sum(nn.functional_call(model, p, x)))({path: w})[path]
    leaf = torch.tensor(w, requires_grad=True)
    (torch.tensor(x) @ leaf.T @ leaf.T @ leaf.T).sum().backward()
    np.testing.assert_allclose(gradient, leaf.grad.numpy())
    assert identities(model) == before


def test_two_values_for_one_parameter_are_refused_and_one_value_twice_is_not():
    model, w = Tied(), np.eye(2)
    nn.functional_call(model, {"encode.weight": w, "decode.weight": w}, np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"tied: decode\.weight is the same Tensor as encode\.weight.*give one"):
        nn.functional_call(model, {"encode.weight": w, "decode.weight": w.copy()}, np.ones((1, 2)))


def test_what_does_not_fit_is_told_in_full_before_anything_changes():
    model = nn.Linear(2, 1)
    before = identities(model)
    with pytest.raises(ValueError, match="do not fit Linear") as refused:
        nn.functional_call(model, {"weigth": 1.0, "weight": np.ones((2, 1)), "0.bias": 1.0}, np.ones((1, 2)))
    assert str(refused.value).splitlines()[1:] == [
        "  unexpected: weigth", "  misshapen: weight is (2, 1), needed (1, 2)", "  unexpected: 0.bias",
        "  It has: weight, bias."
    ]  # fmt: skip
    for value in (np.ones((1, 2)) * 1j, [[1.0, 2.0], [3.0]], None, "word"):
        with pytest.raises(TypeError, match="weight is no array of real numbers"):
            nn.functional_call(model, {"weight": value}, np.ones((1, 2)))
    with pytest.raises(TypeError, match="needed is a dict"):
        nn.functional_call(model, list(model.parameters()), np.ones((1, 2)))
    with pytest.raises(TypeError, match="module is an object of type function"):
        nn.functional_call(lambda x: x, {}, np.ones((1, 2)))
    assert identities(model) == before


class Total(nn.Module):
    def forward(self, pair):
        return pair[0] + pair[1]


def test_pytorch_s_tuple_of_inputs_is_refused_and_not_taken_for_a_batch():
    """A Linear would take (x,) for an array with one axis more, and say nothing."""
    model, x = nn.Linear(2, 1), np.ones((3, 2), np.float32)
    parameters = dict(model.named_parameters())
    for inputs in [((x,),), ((x,), {}), ((ad.Tensor(x),),), ((),)]:
        with pytest.raises(TypeError, match=r"one by one.*functional_call\(module, parameters, x\)"):
            nn.functional_call(model, parameters, *inputs)
    assert nn.functional_call(model, parameters, x).shape == (3, 1)
    assert nn.functional_call(Total(), {}, pair=(1.0, 2.0)) == 3.0


@given(networks())
def test_the_module_is_as_before_when_forward_raises(case):
    model, _ = case
    before, state = identities(model), model.state_dict()
    with pytest.raises(ValueError, match="needs"):
        nn.functional_call(model, values(model), np.ones((3, 77)))
    assert identities(model) == before
    assert list(model.state_dict()) == list(state)
    model.load_state_dict(state)


class Counter(nn.Module):
    """Changes one buffer by assignment, one in place, and needs its own parameters while it computes."""

    def __init__(self):
        self.weight = nn.Parameter([1.0, 2.0])
        self.calls = nn.Buffer(0)
        self.total = nn.Buffer([0.0, 0.0])

    def forward(self, x):
        self.calls = self.calls + 1
        self.total[...] = self.total.data + np.asarray(x)
        return sum(ad.sum(p * p) for p in self.parameters()) + len(list(self.buffers()))


@pytest.mark.parametrize("wrap", [np.asarray, ad.Tensor, nn.Buffer], ids=["array", "tensor", "buffer"])
def test_state_is_written_to_the_given_buffers_and_not_to_the_module(wrap):
    model = Counter()
    before = identities(model)
    given = {"weight": np.array([3.0, 4.0]), "calls": wrap(5), "total": wrap([1.0, 1.0])}
    total = given["total"]
    for _ in range(2):
        assert nn.functional_call(model, given, [10.0, 20.0]).item() == 27.0
    assert int(given["calls"]) == 7
    assert isinstance(given["calls"], np.ndarray) == (wrap is np.asarray)
    assert given["total"] is total
    np.testing.assert_array_equal(np.asarray(total), [21.0, 41.0])
    assert identities(model) == before


def test_a_number_given_for_a_buffer_comes_back_changed():
    given = {"calls": 1, "total": [0.0, 0.0]}
    nn.functional_call(Counter(), given, [1.0, 2.0])
    assert given["calls"] == 2
    np.testing.assert_array_equal(given["total"], [1.0, 2.0])


def test_a_mapping_that_cannot_take_new_values_is_refused_in_words():
    model = Counter()
    before = identities(model)
    with pytest.raises(TypeError, match="calls a new value, and the mappingproxy"):
        nn.functional_call(model, MappingProxyType({"calls": np.array(0), "total": np.zeros(2)}), [1.0, 2.0])
    assert identities(model) == before
    weight = MappingProxyType({"weight": np.zeros(2)})
    assert nn.functional_call(model, weight, [0.0, 0.0]).item() == 2.0


def test_buffers_that_are_not_given_change_as_in_a_call():
    model = Counter()
    nn.functional_call(model, {"weight": np.ones(2)}, [1.0, 2.0])
    assert model.calls.item() == 1
    assert isinstance(model.calls, nn.Buffer)


def test_batch_normalisation_does_what_pytorchs_does(torch):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 3))
    ours, theirs = nn.BatchNorm1d(3, dtype=np.float64), torch.nn.BatchNorm1d(3, dtype=torch.float64)
    given = {"weight": rng.standard_normal(3), "bias": rng.standard_normal(3), "running_mean": rng.standard_normal(3),
             "running_var": np.ones(3), "num_batches_tracked": np.array(4)}  # fmt: skip
    twins = {path: torch.tensor(value) for path, value in given.items()}
    before = identities(ours)
    y = nn.functional_call(ours, given, x)
    np.testing.assert_allclose(y.data, torch.func.functional_call(theirs, twins, torch.tensor(x)).numpy())
    for path, value in given.items():
        np.testing.assert_allclose(value, twins[path].numpy())
    assert identities(ours) == before


def test_calls_nest_and_each_gives_back_what_it_found():
    inner = nn.Linear(1, 1, bias=False, dtype=np.float64)

    class Outer(nn.Module):
        def __init__(self):
            self.inner = inner

        def forward(self, x):
            other = nn.functional_call(inner, {"weight": np.array([[100.0]])}, x)
            return self.inner(x) + other

    model = Outer()
    before = identities(model)
    y = nn.functional_call(model, {"inner.weight": np.array([[2.0]])}, np.array([[1.0]]))
    assert y.item() == 102.0
    assert identities(model) == before


def test_threads_take_turns():
    model = nn.MLP([1, 8, 1], "tanh", rng=0, dtype=np.float64)
    x, before = np.ones((4, 1)), identities(model)
    expected = {n: nn.functional_call(model, {"0.weight": np.full((8, 1), float(n))}, x).data for n in range(4)}
    wrong = []

    def work(number):
        for _ in range(50):
            y = nn.functional_call(model, {"0.weight": np.full((8, 1), float(number))}, x)
            if not np.array_equal(y.data, expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert identities(model) == before
