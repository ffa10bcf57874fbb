"""A module knows what is in it, shows it, saves it and names what it computes."""
import copy
import pickle

import numpy as np
import pytest

import autodiff as ad
import nn


class Block(nn.Module):
    def __init__(self):
        self.first = nn.Linear(2, 3)
        self.scale = nn.Parameter([1.0, 2.0, 3.0])
        self.note = "not a part"

    def forward(self, x, shift=0.0):
        return self.first(x) * self.scale + shift


class Net(nn.Module):
    def __init__(self):
        self.block = Block()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))

    def forward(self, x):
        return self.body(self.block(x))


PATHS = ["block.scale", "block.first.weight", "block.first.bias", "body.0.weight", "body.0.bias"]
PATHS += ["body.2.weight", "body.2.bias"]


def test_attributes_register_themselves_in_order_without_a_base_constructor():
    net = Net()
    assert [path for path, _ in net.named_parameters()] == PATHS
    modules = ["", "block", "block.first", "body", "body.0", "body.1", "body.2"]
    assert [path for path, _ in net.named_modules()] == modules
    assert [name for name, _ in net.named_children()] == ["block", "body"]
    assert list(net.children()) == [net.block, net.body]
    assert [p is q for p, q in zip(net.parameters(), dict(net.named_parameters()).values(), strict=True)] == [True] * 7


def test_calling_passes_arguments_and_settings():
    block = Block()
    x = np.ones((5, 2), np.float32)
    np.testing.assert_array_equal(block(x, shift=2.0).data, block(x).data + 2)


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(TypeError, match="Empty has no forward"):
        Empty()(1.0)


def test_what_a_module_computes_carries_its_path_as_scope():
    net = Net()
    with ad.record() as tape:
        net(np.ones((1, 2), np.float32))
    assert [node.scope for node in tape.nodes] == [
        "Net/block/first", "Net/block", "Net/block", "Net/body/0", "Net/body/1", "Net/body/2"
    ]  # fmt: skip


def test_a_module_takes_the_name_under_which_its_parent_knows_it():
    layer = nn.Linear(2, 2)
    x = np.ones((1, 2), np.float32)
    assert layer(x).node.scope == "Linear"
    parent = nn.Sequential(nn.Sigmoid(), layer)
    assert parent(x).node.scope == "Sequential/1"
    assert copy.deepcopy(parent)(x).node.scope == "Sequential/1"


def test_the_scope_ends_with_the_call_even_when_it_fails():
    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="Linear"):
        layer(np.ones((1, 3), np.float32))
    assert (layer.weight * 2).node.scope == ""


def test_parameters_are_named_by_the_longest_path_known_unless_the_user_named_them():
    layer = nn.Linear(2, 2)
    layer.bias = nn.Parameter(np.zeros(2), name="offset")
    assert (layer.weight.name, layer.bias.name) == ("weight", "offset")
    model = nn.Sequential(layer)
    list(model.parameters())
    assert (layer.weight.name, layer.bias.name) == ("0.weight", "offset")
    list(layer.parameters())
    assert layer.weight.name == "0.weight"


def test_tied_parameters_and_modules_come_once():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    model.extra = nn.Linear(2, 2)
    model.extra.weight = layer.weight
    assert [path for path, _ in model.named_parameters()] == ["0.weight", "0.bias", "extra.bias"]
    assert len(list(model.modules())) == 4
    everywhere = [path for path, _ in model.named_parameters(remove_duplicate=False)]
    assert everywhere == ["0.weight", "0.bias", "2.weight", "2.bias", "extra.weight", "extra.bias"]


def test_apply_visits_children_before_parents_and_each_once():
    net, seen = Net(), []
    assert net.apply(seen.append) is net
    assert len(seen) == 7
    assert all(seen.index(child) < seen.index(parent) for parent in seen for child in parent.children())


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_zero_grad_and_requires_grad_reach_every_parameter():
    net = Net()
    net(np.ones((1, 2), np.float32)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net(np.ones((1, 2), np.float32)).requires_grad


def test_astype_changes_every_parameter_in_place_and_keeps_values_and_gradients():
    net = Net()
    net(np.ones((1, 2), np.float32)).sum().backward()
    parameters, before = list(net.parameters()), net.state_dict()
    gradients = [p.grad.numpy() for p in parameters]
    assert net.astype(np.float64) is net
    for parameter, value, gradient in zip(parameters, before.values(), gradients, strict=True):
        assert parameter.dtype == parameter.grad.dtype == np.float64
        np.testing.assert_array_equal(parameter.data, value)
        np.testing.assert_array_equal(parameter.grad.data, gradient)
    assert net(np.ones((1, 2))).dtype == np.float64
    with pytest.raises(TypeError, match="floating-point"):
        net.astype(int)


def test_assigning_an_array_over_a_parameter_is_refused():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match=r"Assign to weight\.data"):
        layer.weight = np.zeros((2, 2))
    layer.bias = None
    assert [path for path, _ in layer.named_parameters()] == ["weight"]


def test_state_dict_is_a_copy_that_load_state_dict_takes_back():
    net, other = Net(), Net()
    state = net.state_dict()
    assert list(state) == PATHS
    other.load_state_dict(state)
    for path, parameter in other.named_parameters():
        np.testing.assert_array_equal(parameter.data, state[path])
    state["block.scale"][:] = 99
    assert net.block.scale.data.max() == 3


def test_a_state_that_does_not_fit_is_refused_with_every_reason_and_changes_nothing():
    net = Net()
    before = net.state_dict()
    state = {path: array + 1 for path, array in before.items()}
    del state["block.first.bias"], state["body.0.weight"]
    state["body.2.bias"] = np.zeros(7)
    state["block.scale"] = np.array(["a", "b", "c"])
    state["head.weight"] = np.zeros((1, 1))
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        net.load_state_dict(state)
    assert str(refused.value).splitlines()[1:] == [
        "  missing: block.first.bias (3,)",
        "  missing: body.0.weight (4, 3)",
        "  unexpected: head.weight (1, 1)",
        "  not real numbers: block.scale is <U1, needed float64",
        "  misshapen: body.2.bias is (7,), needed (1,)",
    ]
    for path, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


def test_loading_raises_versions():
    layer = nn.Linear(2, 2)
    loss = ad.square(layer.weight).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="version"):
        loss.backward()


def test_state_dicts_are_exchanged_with_pytorch(torch):
    def network(kit):
        convolution = [kit.Conv2d(2, 4, 3, padding=1, groups=2), kit.ReLU(), kit.MaxPool2d(2)]
        return kit.Sequential(*convolution, kit.Flatten(), kit.Linear(16, 3))

    ours, theirs, fresh = network(nn), network(torch.nn), network(nn)
    x = np.random.default_rng(0).standard_normal((5, 2, 4, 4)).astype(np.float32)
    theirs.load_state_dict({path: torch.from_numpy(array) for path, array in ours.state_dict().items()})
    expected = theirs(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(ours(x).data, expected, rtol=1e-5, atol=1e-6)
    fresh.load_state_dict({path: tensor.numpy() for path, tensor in theirs.state_dict().items()})
    np.testing.assert_allclose(fresh(x).data, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_are_equal_and_independent_and_keep_ties(clone):
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    x = np.ones((1, 2), np.float32)
    model(x)
    twin = clone(model)
    np.testing.assert_array_equal(twin(x).data, model(x).data)
    assert twin[0] is twin[2]
    assert b"modes" not in pickle.dumps(model), "what is remembered of calls is no part of a model"
    twin[0].weight.data += 1
    assert not np.array_equal(twin(x).data, model(x).data)


def test_repr_shows_the_tree_with_shapes_and_counts():
    assert repr(Net()).splitlines() == [
        "Net                                                    33 parameters",
        "├─ block: Block             scale (3,)                  3",
        "│  └─ first: Linear(2, 3)   weight (3, 2), bias (3,)    9",
        "└─ body: Sequential",
        "   ├─ 0: Linear(3, 4)       weight (4, 3), bias (4,)   16",
        "   ├─ 1: Tanh()",
        "   └─ 2: Linear(4, 1)       weight (1, 4), bias (1,)    5",
    ]


def test_repr_counts_a_tied_parameter_once_in_the_sum():
    layer = nn.Linear(2, 2)
    assert "6 parameters" in repr(nn.Sequential(layer, layer)).splitlines()[0]
    assert repr(nn.ReLU()) == "ReLU()"


def test_sequential_indexes_replaces_and_appends():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    assert model.append(nn.Linear(3, 1)) is model
    assert (len(model), model[-1].out_features) == (3, 1)
    assert [type(module).__name__ for module in model] == ["Linear", "ReLU", "Linear"]
    model[1] = nn.Tanh()
    assert isinstance(model[1], nn.Tanh)
    assert model(np.ones((1, 2), np.float32)).node.scope == "Sequential/2"
    with pytest.raises(TypeError, match="takes modules"):
        nn.Sequential([nn.ReLU()])
    with pytest.raises(TypeError, match="takes modules"):
        model[0] = np.tanh
    assert (len(list(model.parameters())), len(model)) == (4, 3)
    with pytest.raises(IndexError):
        model[3] = nn.ReLU()
