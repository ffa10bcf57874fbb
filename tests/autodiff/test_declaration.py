"""A user's own primitive: its rules may give constants, and what is no gradient is refused in every walk."""

import inspect

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture(autouse=True)
def registry_as_before():
    before = dict(ad.REGISTRY)
    yield
    ad.REGISTRY.clear()
    ad.REGISTRY.update(before)


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_rule_may_give_a_constant_also_where_the_walk_is_recorded(shape):
    step = ad.primitive(np.sign, names="x", name="probe").vjp(lambda g, x_shape: np.zeros(x_shape)[()])
    x = ad.Tensor(np.ones(shape), requires_grad=True)
    step(x).sum().backward(create_graph=True)
    assert type(x.grad) is ad.Tensor
    assert type(x.grad.data) is np.ndarray
    hessian = ad.hessian(lambda x: (step(x) * x * x).sum())(np.full(shape, 3.0))
    np.testing.assert_array_equal(hessian, 2.0 * np.eye(int(np.prod(shape))).reshape(shape * 2))


def test_a_rule_that_gives_nothing_is_named_also_where_the_walk_is_recorded():
    wrong = ad.primitive(np.sign, names="x", name="probe").vjp(lambda g: None)
    with pytest.raises(TypeError, match="A rule of probe returned a NoneType"):
        wrong(ad.Tensor(1.0, requires_grad=True)).backward(create_graph=True)


@pytest.mark.parametrize("name", ["keep", "now", "cell", "forward", "primitive", "usual", "x_data", "out", "g"])
def test_names_that_the_generated_call_uses_are_refused(name):
    scope = {}
    exec(f"def f(x, *, {name}=1):\n    return x", scope)
    with pytest.raises(TypeError, match="reserved"):
        ad.primitive(scope["f"], name="named_badly")
    assert "named_badly" not in ad.REGISTRY


def test_every_name_in_a_generated_call_is_reserved_or_the_declarations_own():
    from autodiff.primitive import _RESERVED, _RESERVED_ENDINGS

    for primitive in list(ad.REGISTRY.values()):
        code = primitive.call.__code__
        own = {*primitive.inputs, *primitive.static, *primitive.auxiliary, "arrays"}
        for name in {*code.co_varnames, *code.co_names} - own:
            used_as_attribute = name.startswith("_") or f".{name}" in primitive.source
            generated = name.startswith(("kept_", "default_")) or name.endswith(_RESERVED_ENDINGS)
            builtin = name in __builtins__ if isinstance(__builtins__, dict) else hasattr(__builtins__, name)
            assert name in _RESERVED or generated or builtin or used_as_attribute, (primitive.name, name)


def test_a_declaration_that_contradicts_itself_is_refused():
    for declaration in ({"mutates": ["y"]}, {"auxiliary": ["x"]}):
        with pytest.raises(TypeError, match="arguments are"):
            ad.primitive(lambda x: x, name="contradiction", **declaration)
    with pytest.raises(TypeError, match="variadic"):
        ad.primitive(lambda *xs: xs[0], name="contradiction", view=True)
    assert "contradiction" not in ad.REGISTRY


def test_shapes_that_do_not_broadcast_are_refused_with_what_was_needed():
    said = r"add: .*\n  received x: float64\[2\], y: float64\[3\]\n  needed: .*expand_dims"
    with pytest.raises(ValueError, match=said):
        ad.add(ad.Tensor(np.zeros(2)), np.zeros(3))


def test_a_decorated_rule_asks_for_what_the_rule_inside_does():
    import functools

    def doubled(rule):
        @functools.wraps(rule)
        def inner(*args):
            return 2.0 * rule(*args)

        return inner

    @doubled
    def rule(g, x):
        return g * x

    square = ad.primitive(np.square, names="x", name="square_of").vjp(rule)
    assert list(square.kept) == ["x"]
    assert ad.grad(square)(3.0) == 6.0


@pytest.mark.parametrize("rule", [lambda: 0.0, lambda x, g: g, print])
def test_a_rule_whose_first_parameter_is_not_the_upstream_gradient_is_refused(rule):
    with pytest.raises(TypeError, match="first parameter is"):
        ad.primitive(np.square, names="x", name="probe").vjp(rule)


def test_editors_see_the_arguments_of_a_primitive():
    assert str(inspect.signature(ad.relu)) == "(x)"
    assert str(inspect.signature(ad.softmax)) == "(x, axis=-1)"
    assert "mutates" in inspect.signature(ad.Primitive).parameters
