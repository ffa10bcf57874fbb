"""Whatever modules are put together: names, order, states and refusals are PyTorch's, or better."""
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from tests.nn.module.module_trees import build, plans


def same(ours, theirs):
    assert list(ours) == list(theirs)
    for path, array in ours.items():
        np.testing.assert_array_equal(array, theirs[path], strict=True)


@given(plans())
def test_names_and_their_order_are_pytorchs(torch, plan):
    ours, theirs = build(plan), build(plan, torch=torch)
    same(ours.state_dict(), {path: tensor.numpy() for path, tensor in theirs.state_dict().items()})
    for once in (True, False):
        for what in ("named_parameters", "named_buffers", "named_modules"):
            mine = [path for path, _ in getattr(ours, what)(remove_duplicate=once)]
            assert mine == [path for path, _ in getattr(theirs, what)(remove_duplicate=once)], what
            assert len(set(mine)) == len(mine)
    assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
    assert len(list(ours.modules())) == len(list(theirs.modules()))
    for what in ("parameters", "buffers"):
        for recurse in (True, False):
            mine, other = (list(getattr(module, what)(recurse)) for module in (ours, theirs))
            assert [each.shape for each in mine] == [tuple(each.shape) for each in other]


@given(plans())
def test_states_are_exchanged_with_pytorch_in_both_directions(torch, plan):
    ours, theirs = build(plan, 1), build(plan, 2, torch)
    theirs.load_state_dict({path: torch.from_numpy(array) for path, array in ours.state_dict().items()})
    same(ours.state_dict(), {path: tensor.numpy() for path, tensor in theirs.state_dict().items()})
    theirs, fresh = build(plan, 3, torch), build(plan, 4)
    assert not any(fresh.load_state_dict(theirs.state_dict()))
    same(fresh.state_dict(), {path: tensor.numpy() for path, tensor in theirs.state_dict().items()})


@given(plans(), st.sampled_from(["load", "deepcopy", "pickle"]))
def test_a_copy_by_any_way_has_the_same_state_and_ties_and_is_independent(plan, way):
    module = build(plan, 1)
    if way == "load":
        twin = build(plan, 2)
        twin.load_state_dict(module.state_dict())
    else:
        twin = copy.deepcopy(module) if way == "deepcopy" else pickle.loads(pickle.dumps(module))
    state = module.state_dict()
    same(twin.state_dict(), state)
    assert [p for p, _ in twin.named_parameters()] == [p for p, _ in module.named_parameters()]
    for tensor in (*twin.parameters(), *twin.buffers()):
        tensor.data += 1
    same(module.state_dict(), state)


@given(plans(), st.data())
def test_a_state_that_does_not_fit_is_told_in_full_and_changes_nothing(torch, plan, data):
    module = build(plan)
    before = module.state_dict()
    state = {path: array + 1 for path, array in before.items()}
    chosen = st.lists(st.sampled_from(list(state)), unique=True) if state else st.just([])
    expected = set()
    for path in data.draw(chosen, "missing"):
        del state[path]
        expected.add(f"missing: {path} {before[path].shape}")
    for path in data.draw(chosen, "misshapen"):
        if path in state:
            state[path] = np.zeros((*before[path].shape, 2))
            expected.add(f"misshapen: {path} is {state[path].shape}, needed {before[path].shape}")
    for path in data.draw(chosen, "words"):
        if path in state:
            state[path] = np.array("word")
            expected = {line for line in expected if not line.startswith(f"misshapen: {path} ")}
            expected.add(f"not real numbers: {path} is <U4, needed {before[path].dtype}")
    bad_values = {line for line in expected if not line.startswith("missing")}
    for path in data.draw(st.lists(st.sampled_from(["new", "a.new"]), unique=True), "unexpected"):
        state[path] = np.ones(3)
        expected.add(f"unexpected: {path} (3,)")
    for strict, lines in ((True, expected), (False, bad_values)):
        if lines:
            with pytest.raises(ValueError, match="nothing was changed") as refused:
                module.load_state_dict(state, strict)
            assert {line.strip() for line in str(refused.value).splitlines()[1:]} == lines
            same(module.state_dict(), before)
    if not bad_values:
        result = module.load_state_dict(state, strict=False)
        theirs = build(plan, torch=torch).load_state_dict(
            {path: torch.from_numpy(np.asarray(array)) for path, array in state.items()}, strict=False
        )
        assert (result.missing_keys, sorted(result.unexpected_keys)) == (
            theirs.missing_keys, sorted(theirs.unexpected_keys)
        )  # fmt: skip


@given(plans())
def test_every_part_is_found_again_under_its_path(plan):
    module = build(plan)
    for path, part in module.named_modules(remove_duplicate=False):
        assert module.get_submodule(path) is part
    for path, parameter in module.named_parameters(remove_duplicate=False):
        assert module.get_parameter(path) is parameter
    for path, buffer in module.named_buffers(remove_duplicate=False):
        assert module.get_buffer(path) is buffer


@given(plans())
def test_the_repr_shows_every_part_and_counts_each_once(plan):
    module = build(plan)
    first, *_ = text = repr(module).splitlines()
    parameters, buffers = list(module.parameters()), list(module.buffers())
    total = sum(parameter.size for parameter in parameters)
    words = first.split("   ")[-1].split(", ")
    assert (f"{total} parameter{'' if total == 1 else 's'}" == words[0].strip()) == bool(parameters or buffers)
    assert (f"{sum(buffer.size for buffer in buffers)} in buffers" == words[-1]) == bool(buffers)
    columns = [line.split("   ")[-1].strip() for line in text[1:]]
    counts = [int(column) for column in columns if column.isdigit()]
    own = sum(parameter.size for parameter in module.parameters(recurse=False))
    assert sum(counts) + own == total
    repeated = sum("the same as" in line for line in text)
    assert len(text) - repeated == len(list(module.modules()))
    assert all(len(line.rstrip()) == len(line) for line in text)


@given(plans(), st.sampled_from([np.float32, np.float64]))
def test_astype_reaches_floats_and_leaves_integers(plan, dtype):
    module = build(plan)
    before = module.state_dict()
    for path, array in module.astype(dtype).state_dict().items():
        assert array.dtype == (dtype if before[path].dtype.kind == "f" else before[path].dtype)
        np.testing.assert_array_equal(array, before[path].astype(array.dtype))


@given(plans())
def test_apply_visits_children_before_parents_and_each_module_once(plan):
    module, seen = build(plan), []
    assert module.apply(seen.append) is module
    assert {id(m) for m in seen} == {id(m) for m in module.modules()}
    position = {id(m): number for number, m in enumerate(seen)}
    assert len(position) == len(seen)
    assert all(position[id(child)] < position[id(parent)] for parent in seen for child in parent.children())


def test_apply_visits_layers_in_the_order_of_their_definition():
    model, seen = nn.MLP([1, 2, 3]), []
    model.apply(seen.append)
    assert seen == [*model, model]


def test_a_long_chain_of_modules_is_walked_without_recursion():
    module = nn.Identity()
    for _ in range(3000):
        parent = nn.Module()
        parent.__dict__["child"] = module  # an assignment looks for the parent in all that is below
        module = parent
    assert len(list(module.modules())) == 3001


def test_modules_shared_at_every_level_are_walked_once_each():
    module = nn.Linear(1, 1)
    for _ in range(60):  # 2^60 paths
        parent = nn.Module()
        parent.left = parent.right = module
        module = parent
    assert len(list(module.modules())) == 61
    assert [p.size for p in module.parameters()] == [1, 1]
    assert repr(module).count("the same as") == 60
