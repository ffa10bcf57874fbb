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


class Running(nn.Module):
    """A parameter, buffers of two kinds, and a place for anything else."""

    def __init__(self):
        self.weight = nn.Parameter([1.0, 2.0])
        self.mean = nn.Buffer([0.0, 0.0])
        self.count = nn.Buffer(0)
        self.part = nn.ReLU()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weight", ad.Tensor([1.0, 2.0]), "a Parameter of shape .* would not be trained"),
        ("weight", nn.Buffer([1.0, 2.0]), "a Parameter of shape .* would not be trained"),
        ("weight", nn.ReLU(), "a Parameter of shape .* would not be trained"),
        ("mean", np.zeros(2), r"a Buffer of shape .* would not be saved. Assign to mean\.data, or a new nn\.Buffer"),
        ("count", 3, "a Buffer of shape .* would not be saved"),
        ("mean", ad.Tensor([1.0, 2.0], requires_grad=True), r"would grow with every call. Assign its \.detach\(\)"),
        ("part", np.tanh, "is a module and .* would not be found. Assign a module; None takes it away"),
        ("part", nn.Parameter(1.0), "is a module and .* would not be found"),
        ("layers", [nn.ReLU()], r"this list holds a ReLU, .* nn\.ModuleList"),
        ("layers", ([1, nn.Linear(1, 1)],), r"this tuple holds a Linear, .* nn\.ModuleList"),
        ("layers", {"a": nn.ReLU()}, r"this dict holds a ReLU, .* nn\.ModuleDict"),
        ("layers", {nn.ReLU()}, r"this set holds a ReLU"),
        ("weights", [nn.Parameter(1.0)], "this list holds a Parameter, .* an attribute of its own"),
        ("means", {"a": {"b": nn.Buffer(1.0)}}, "this dict holds a Buffer"),
    ],
)
def test_an_assignment_by_which_a_part_would_be_lost_is_refused_and_changes_nothing(name, value, message):
    module = Running()
    before = dict(vars(module))
    with pytest.raises(TypeError, match=rf"Running\.{name}.*{message}"):
        setattr(module, name, value)
    assert vars(module) == before


def test_lists_without_parts_and_lists_of_what_is_found_anyway_are_plain_attributes():
    module = Running()
    module.sizes, module.empty, module.names = [1, 2], [], {"a": (1, "b")}
    module.order = [module.part, module]
    assert list(module.state_dict()) == ["weight", "mean", "count"]
    assert copy.deepcopy(module).order[0] is not module.part


def test_a_list_that_is_filled_after_its_assignment_is_refused_when_parts_are_looked_for():
    module = Running()
    module.layers = []
    module.layers.append(nn.Linear(2, 2))
    for look in (module.parameters, module.state_dict, module.modules, module.__repr__, module.train):
        with pytest.raises(TypeError, match=r"Running\.layers: this list holds a Linear"):
            list(look())


def test_a_module_cannot_be_put_into_itself():
    parent, child = Running(), Running()
    parent.child = child
    for attribute, module in (("parent", parent), ("self", child)):
        with pytest.raises(ValueError, match=r"would contain itself.*weakref"):
            setattr(child, attribute, module)
    assert [path for path, _ in parent.named_modules()] == ["", "part", "child", "child.part"]


def test_a_part_cannot_have_a_dot_in_its_name():
    module = Running()
    for value in (nn.ReLU(), nn.Parameter(1.0), nn.Buffer(1.0)):
        with pytest.raises(ValueError, match=r"'a\.b' cannot name a part"):
            setattr(module, "a.b", value)


def test_a_tensor_assigned_to_a_buffer_becomes_the_buffer_and_spares_earlier_graphs():
    module = Running()
    before = module.mean
    loss = ad.sum(ad.mul(module.weight, module.mean))
    module.mean = module.mean + 1
    assert isinstance(module.mean, nn.Buffer)
    assert module.mean.name == before.name == "mean"
    np.testing.assert_array_equal(module.state_dict()["mean"], [1.0, 1.0])
    loss.backward()
    np.testing.assert_array_equal(module.weight.grad.data, [0.0, 0.0])
    module.mean, module.count = None, nn.Parameter(1.0)
    assert list(module.state_dict()) == ["weight", "count"]
    assert list(module.buffers()) == []


def test_parts_stand_in_the_order_in_which_they_became_parts_as_in_pytorch(torch):
    orders = []
    for kit in (nn, torch.nn):
        module = kit.Module()
        module.late = None
        module.first = kit.Parameter(torch.zeros(1) if kit is torch.nn else [0.0])
        module.was_text = "text"
        module.last = kit.Parameter(torch.zeros(1) if kit is torch.nn else [0.0])
        module.late = kit.Parameter(torch.zeros(1) if kit is torch.nn else [0.0])
        module.was_text = kit.Parameter(torch.zeros(1) if kit is torch.nn else [0.0])
        module.first = kit.Parameter(torch.ones(1) if kit is torch.nn else [1.0])
        module.gone = kit.ReLU()
        module.part = kit.Linear(1, 1)
        del module.gone
        module.gone = kit.Linear(1, 1)
        orders.append(list(module.state_dict()))
    assert orders[0] == orders[1]


def test_buffers_are_found_saved_loaded_and_cast_but_not_learned():
    module = nn.Sequential(Running(), Running())
    assert [path for path, _ in module.named_parameters()] == ["0.weight", "1.weight"]
    assert [path for path, _ in module.named_buffers()] == ["0.mean", "0.count", "1.mean", "1.count"]
    assert [buffer.name for buffer in module.buffers()] == ["0.mean", "0.count", "1.mean", "1.count"]
    assert list(module.buffers(recurse=False)) == []
    assert list(module.state_dict()) == ["0.weight", "0.mean", "0.count", "1.weight", "1.mean", "1.count"]
    module[0].mean.data, module[0].count.data = [3.0, 4.0], 5
    twin = nn.Sequential(Running(), Running())
    twin.load_state_dict(module.state_dict())
    assert (twin[0].mean.tolist(), twin[0].count.item()) == ([3.0, 4.0], 5)
    twin.astype(np.float32)
    assert [buffer.dtype for buffer in twin.buffers()] == [np.float32, np.int64] * 2
    assert not any(buffer.requires_grad for buffer in twin.requires_grad_().buffers())


def test_parts_are_reached_by_path_and_a_wrong_path_says_where_it_ends():
    module = nn.Sequential(Running(), nn.Linear(1, 1))
    assert module.get_submodule("") is module
    assert module.get_submodule("0.part") is module[0].part
    assert module.get_parameter("0.weight") is module[0].weight
    assert module.get_buffer("0.mean") is module[0].mean
    for get, path, message in [
        (module.get_submodule, "0.none", "Running has no module 'none'; those it has: part"),
        (module.get_submodule, "1.weight", "Linear has no module 'weight'; those it has: none"),
        (module.get_parameter, "0.mean", "Running has no parameter 'mean'; those it has: weight"),
        (module.get_parameter, "2.weight", "Sequential has no module '2'; those it has: 0, 1"),
        (module.get_buffer, "count", "Sequential has no buffer 'count'; those it has: none"),
    ]:
        with pytest.raises(AttributeError, match=f"{path!r}: {message}"):
            get(path)


def test_train_wants_a_truth_value():
    assert Running().train(np.bool_(False)).training is False
    with pytest.raises(TypeError, match="the mode is 'eval'"):
        Running().train("eval")


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


def test_a_state_may_be_of_tensors_lists_or_views_of_the_module_itself():
    layer = nn.Linear(2, 2, rng=0)
    layer.load_state_dict({"weight": [[1, 2], [3, 4]], "bias": ad.Tensor([5.0, 6.0], requires_grad=True)})
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([[1, 2], [3, 4]], [5, 6])
    model = nn.Sequential(layer, nn.Linear(2, 2, rng=1))
    before = model.state_dict()
    swapped = {f"{1 - int(path[0])}{path[1:]}": tensor.data for path, tensor in model.named_parameters()}
    model.load_state_dict(swapped)
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[f"{1 - int(path[0])}{path[1:]}"])


def test_values_that_would_not_survive_the_cast_are_refused_and_not_numbers_are_loaded():
    module = Running().astype(np.float32)
    state = module.state_dict()
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        module.load_state_dict({"weight": [1e300, 0.0], "mean": [1, 2], "count": 1.0})
    assert str(refused.value).splitlines()[1:] == [
        "  out of range: weight holds 1e+300, which is no float32",
        "  another kind of number: count is float64, needed int64",
    ]
    with pytest.raises(ValueError, match=r"out of range: count holds 18446744073709551615, which is no int64"):
        module.load_state_dict({**state, "count": np.uint64(2**64 - 1)})
    with pytest.raises(ValueError, match=r"not an array: weight is a list: .*inhomogeneous"):
        module.load_state_dict({**state, "weight": [[1.0], [1.0, 2.0]]})
    assert module.state_dict()["weight"].tolist() == [1.0, 2.0]
    with np.errstate(all="raise"):
        module.load_state_dict({"weight": [np.nan, -np.inf], "mean": np.array([1e-60, 0.0]), "count": np.int8(7)})
    np.testing.assert_array_equal(module.weight.data, [np.nan, -np.inf])
    assert module.count.item() == 7


def test_one_parameter_under_two_paths_takes_one_value_only():
    layer = nn.Linear(1, 1)
    model = nn.Sequential(layer, layer)
    state = nn.Sequential(nn.Linear(1, 1, rng=0), nn.Linear(1, 1, rng=1)).state_dict()
    with pytest.raises(ValueError, match=r"tied: 1\.weight is the same Tensor as 0\.weight, and their values differ"):
        model.load_state_dict(state)
    model.load_state_dict({path: np.full_like(array, np.nan) for path, array in state.items()})
    assert np.isnan(layer.weight.data).all()


def test_a_state_that_is_no_mapping_is_refused():
    for state in ("model.safetensors", nn.Linear(1, 1), [("weight", 1.0)]):
        with pytest.raises(TypeError, match="takes a mapping of paths to arrays"):
            nn.Linear(1, 1).load_state_dict(state)


def test_loading_what_fits_tells_what_was_left_over():
    layer = nn.Linear(1, 1)
    result = layer.load_state_dict({"weight": [[7.0]], "head.bias": [1.0]}, strict=False)
    assert (result.missing_keys, result.unexpected_keys) == (["bias"], ["head.bias"])
    assert repr(result) == "LoadResult(missing_keys=['bias'], unexpected_keys=['head.bias'])"
    assert layer.weight.item() == 7.0
    assert repr(layer.load_state_dict(layer.state_dict())) == "<all keys matched>"


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


def test_repr_shows_buffers_what_is_frozen_and_what_was_there_before():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, Running(), layer, nn.Linear(2, 2).requires_grad_(False), nn.ModuleList())
    model[3].weight = layer.weight
    assert repr(model).splitlines() == [
        "Sequential" + " " * 55 + "10 parameters, 2 of them frozen, 3 in buffers",
        "├─ 0: Linear(2, 2)   weight (2, 2), bias (2,)                     6",
        "├─ 1: Running        weight (2,), buffers: mean (2,), count ()    2",
        "│  └─ part: ReLU()",
        "├─ 2: Linear         the same as 0",
        "├─ 3: Linear(2, 2)   weight = 0.weight, bias (2,)                 2",
        "└─ 4: ModuleList()",
    ]
    assert repr(nn.ReLU()) == "ReLU()"
    assert repr(nn.Linear(1, 1, bias=False)) == "Linear(1, 1, bias=False)   weight (1, 1)   1 parameter"


def test_an_error_notes_in_which_module_of_the_network_it_was_raised():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    for _ in range(2):  # the first call is another one than those after it
        with pytest.raises(ValueError, match=r"Linear\(4, 2\): the input has shape \(1, 3\)") as caught:
            model(np.ones((1, 2), np.float32))
        assert caught.value.__notes__ == ["Raised in the module Sequential/1/1"]
    handle = model[1].register_forward_hook(lambda module, inputs, output: None)
    with pytest.raises(ValueError, match="Raised in the module Sequential/1/1"):
        model(np.ones((1, 2), np.float32))
    handle.remove()

    class Held(nn.Module):
        def __init__(self):
            self.parts = nn.ModuleDict({"a": nn.ModuleList([nn.Linear(4, 2)])})

        def forward(self, x):
            return self.parts["a"][0](x)

    with pytest.raises(ValueError, match="Raised in the module Held/parts/a/0"):
        Held()(np.ones((1, 2), np.float32))


def test_linear_blames_the_input_only_where_it_does_not_fit():
    layer = nn.Linear(2, 3)
    layer.bias = nn.Parameter(np.ones(5, np.float32))
    with pytest.raises(ValueError, match=r"(?s)linear.*\[3, 2\].*\[5\]"):
        layer(np.ones((4, 2), np.float32))


@pytest.mark.parametrize("wrong", ["no", None, 0])
def test_requires_grad_takes_truths_only(wrong):
    layer = nn.Linear(2, 3)
    with pytest.raises(TypeError, match=f"Linear.requires_grad_: requires_grad is {wrong!r}"):
        layer.requires_grad_(wrong)
    assert layer.weight.requires_grad
    assert not layer.requires_grad_(np.False_).weight.requires_grad


@pytest.mark.parametrize("part", [nn.Parameter([1.0]), nn.Buffer([1.0]), nn.Sequential(nn.Linear(1, 1))])
def test_parts_of_a_class_are_refused_because_nobody_would_find_them(part):
    with pytest.raises(TypeError, match=rf"Net\.part: this {type(part).__name__} belongs to the class.*self\.part = "):
        type("Net", (nn.Module,), {"part": part})
    assert type("Net", (nn.Module,), {"activation": nn.ReLU()})().activation(1.0) == 1.0
