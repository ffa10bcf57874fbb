"""NumPy's functions on Tensors: what has a rule is recorded, what has none is refused, nothing is lost in silence."""

import inspect
import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import numpy_protocol, ops


@pytest.fixture
def t():
    return ad.Tensor(np.linspace(0.2, 0.8, 6).reshape(2, 3) ** 2, requires_grad=True, name="t")


M = np.array([[2.0, 0.5], [0.5, 1.0]])

#: Each call, written once for Tensors and arrays; the argument is (2, 3), or (2, 2) positive definite for linalg.
CALLS = {
    "exp": lambda x: np.exp(x),
    "fabs": lambda x: np.fabs(-x),
    "positive": lambda x: np.positive(x),
    "true divide": lambda x: np.true_divide(1, x),
    "power": lambda x: np.power(x, 3),
    "subtract": lambda x: np.subtract(2, x),
    "sum": lambda x: np.sum(x),
    "sum axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "sum by position": lambda x: np.sum(x, 1, None, None, True),
    "mean": lambda x: np.mean(x, (0, 1)),
    "var": lambda x: np.var(x, axis=1, ddof=1),
    "std": lambda x: np.std(x, 0, keepdims=True),
    "prod": lambda x: np.prod(x, 1),
    "max": lambda x: np.max(x, axis=0),
    "amax": lambda x: np.amax(x),
    "amin": lambda x: np.amin(x, 1, keepdims=True),
    "add.reduce": lambda x: np.add.reduce(x),
    "add.reduce all": lambda x: np.add.reduce(x, axis=None, keepdims=True),
    "maximum.reduce": lambda x: np.maximum.reduce(x, 1),
    "minimum.reduce": lambda x: np.minimum.reduce(x, axis=-1),
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=1),
    "add.accumulate": lambda x: np.add.accumulate(x, 1),
    "multiply.outer": lambda x: np.multiply.outer(x, [1.0, 2.0]),
    "subtract.outer": lambda x: np.subtract.outer(3.0, x),
    "cumsum": lambda x: np.cumsum(x),
    "sort": lambda x: np.sort(x, axis=0),
    "sort flat": lambda x: np.sort(-x, None),
    "clip": lambda x: np.clip(x, 0.1, 0.4),
    "clip min": lambda x: np.clip(x, min=0.1),
    "clip one": lambda x: np.clip(x, None, 0.3),
    "clip keywords": lambda x: np.clip(x, a_min=0.1, a_max=None),
    "where": lambda x: np.where(np.asarray([True, False, True]), x, 0),
    "where bools": lambda x: np.where(x > 0.2, 1.0, x),
    "concatenate": lambda x: np.concatenate([x, np.ones((1, 3))]),
    "concatenate axis": lambda x: np.concatenate((x, x), -1),
    "concatenate flat": lambda x: np.concatenate([x, [1.0]], axis=None),
    "stack": lambda x: np.stack([x, x], axis=-1),
    "stack rows": lambda x: np.stack([x[0], np.ones(3)]),
    "vstack": lambda x: np.vstack([x, np.ones(3)]),
    "hstack": lambda x: np.hstack([x, x]),
    "hstack rows": lambda x: np.hstack([x[0], 5.0, x[1]]),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "einsum optimised": lambda x: np.einsum("ij,ij", x, x, optimize=True),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "dot": lambda x: np.dot(x, x.T),
    "outer": lambda x: np.outer(x, x),
    "matmul": lambda x: np.matmul(x, np.ones((3, 2))),
    "linalg.matmul": lambda x: np.linalg.matmul(np.ones((3, 2)), x),
    "linalg.outer": lambda x: np.linalg.outer(x[0], x[1]),
    "trace": lambda x: np.trace(x, 1),
    "diagonal": lambda x: np.diagonal(x, 1),
    "tril": lambda x: np.tril(x, -1),
    "triu": lambda x: np.triu(x),
    "norm": lambda x: np.linalg.norm(x),
    "linalg.trace": lambda x: np.linalg.trace(np.stack([x, x])),
    "linalg.diagonal": lambda x: np.linalg.diagonal(np.stack([x, x]), offset=1),
    "roll": lambda x: np.roll(x, 1, axis=0),
    "column_stack": lambda x: np.column_stack([x, x]),
    "hypot": lambda x: np.hypot(x, 1.0),
    "arctan2": lambda x: np.arctan2(1.0, x),
    "norm axis": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm order": lambda x: np.linalg.norm(x, 1, 0),
    "inv": lambda x: np.linalg.inv(x @ x.T),
    "det": lambda x: np.linalg.det(x @ x.T),
    "solve": lambda x: np.linalg.solve(M, x),
    "cholesky": lambda x: np.linalg.cholesky(x @ x.T + M),
    "slogdet": lambda x: np.linalg.slogdet(x @ x.T + M).logabsdet,
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "reshape one": lambda x: np.reshape(x, shape=-1),
    "ravel": lambda x: np.ravel(x),
    "transpose": lambda x: np.transpose(x),
    "transpose axes": lambda x: np.transpose(x, [1, 0]),
    "permute": lambda x: np.permute_dims(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "expand_dims": lambda x: np.expand_dims(x, (0, 2)),
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "broadcast_to": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "flip": lambda x: np.flip(x, 1),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "split at": lambda x: np.split(x, [1])[1],
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2))),
    "pad value": lambda x: np.pad(x, 1, constant_values=3.0),
    "pad edge": lambda x: np.pad(x, 1, "edge"),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "repeat each": lambda x: np.repeat(x, [1, 2], 0),
    "tile": lambda x: np.tile(x, (2, 1)),
    "take": lambda x: np.take(x, [2, 0], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[0], [2]]), axis=1),
    "take_along_axis last": lambda x: np.take_along_axis(x, np.array([[0], [2]])),
    "copy": lambda x: np.copy(x),
    "astype": lambda x: np.astype(x, np.float32),
    "array * t": lambda x: np.ones((2, 3)) * x,
    "float64 * t": lambda x: np.float64(2) * x,
    "float32 ** t": lambda x: np.float32(2) ** x,
    "array @ t": lambda x: np.ones((4, 2)) @ x,
    "array - t": lambda x: np.arange(3) - x,
    "matrix * t": lambda x: np.ones((2, 3)).view(np.recarray) * x,
    "list + t": lambda x: np.add([1.0, 2.0, 3.0], x),
}


#: Ways of calling that came after NumPy 2.0.
YOUNG = ("clip min", "reshape one", "take_along_axis last")


@pytest.mark.parametrize("name", CALLS)
def test_a_numpy_function_gives_numpy_s_value_and_keeps_the_derivative(t, name):
    call = CALLS[name]
    try:
        expected = call(t.numpy())
    except TypeError as error:
        if name not in YOUNG:
            raise
        pytest.skip(f"NumPy {np.__version__}: {error}")
    out = call(t)
    assert isinstance(out, ad.Tensor)
    assert out.requires_grad
    assert out.shape == np.shape(expected)
    assert out.dtype == expected.dtype
    np.testing.assert_allclose(out.data, np.asarray(expected), rtol=1e-13)
    (g,) = ad.gradients(out, t, np.ones(out.shape))
    assert g.shape == t.shape
    if out.dtype == np.float64:
        assert ad.gradcheck(call, t.numpy())


def twins():
    """NumPy's functions with the name of one of our operations."""
    for name in ops.__all__:
        for place in (np, np.linalg):
            function = getattr(place, name, None)
            if callable(function) and not inspect.isclass(function):
                yield pytest.param(function, id=f"{place.__name__}.{name}")


@pytest.mark.parametrize("function", list(twins()))
def test_every_operation_with_a_numpy_twin_is_reached_through_it(function):
    tables = (numpy_protocol._ufuncs(), numpy_protocol._functions(), numpy_protocol._predicates())
    assert any(function in table for table in tables)


def test_numpy_s_parameters_are_paired_with_ours_of_the_same_meaning():
    for function, (operation, names, signature) in numpy_protocol._functions().items():
        ours = inspect.signature(getattr(operation, "call", operation)).parameters
        assert set(names.values()) == set(ours), function
        required = {name for name, p in ours.items() if p.default is p.empty}
        for theirs, mine in names.items():
            if mine in required:
                assert theirs in signature.parameters or theirs == "shape", (function, mine)
    pairs = numpy_protocol._functions()
    assert pairs[np.clip][1] == {"a": "x", "a_min": "lo", "a_max": "hi"}
    assert pairs[np.sum][1] == {"a": "x", "axis": "axis", "keepdims": "keepdims"}
    assert pairs[np.take][1] == {"a": "x", "indices": "indices", "axis": "axis"}
    assert pairs[np.linalg.solve][1] == {"a": "x", "b": "y"}


PREDICATES = {
    "isfinite": np.isfinite,
    "isnan": np.isnan,
    "signbit": np.signbit,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "round": lambda x: np.round(x, 1),
    "argmax": lambda x: np.argmax(x, axis=1),
    "argmin": np.argmin,
    "argsort": lambda x: np.argsort(x, axis=0),
    "equal": lambda x: np.equal(x, x),
    "less": lambda x: np.less(0.3, x),
    "any": lambda x: np.any(x > 1),
    "all": np.all,
    "shape": np.shape,
    "ndim": np.ndim,
    "size": np.size,
    "nonzero": np.nonzero,
    "allclose": lambda x: np.allclose(x, x),
    "array_equal": lambda x: np.array_equal(x, x),
    "zeros_like": np.zeros_like,
    "ones_like": lambda x: np.ones_like(x, dtype=np.float32),
    "where": lambda x: np.where(x),
    "count_nonzero": np.count_nonzero,
    "floor_divide": lambda x: np.floor_divide(x, 0.1),
    "logical_and": lambda x: np.logical_and(x, 0),
    "isclose": lambda x: np.isclose(x, 0.3),
    "logical_or.reduce": lambda x: np.logical_or.reduce(x, axis=1),
    "searchsorted": lambda x: np.searchsorted([0.1, 0.2], x[0]),
    "greater into an array": lambda x: np.greater(x, 0.2, out=np.zeros((2, 3), bool)),
    "result_type": lambda x: np.result_type(x, np.float32),
    "array2string": np.array2string,
    "digitize": lambda x: np.digitize(x, [0.2, 0.4]),
    "rank": np.linalg.matrix_rank,
}


@pytest.mark.parametrize("call", PREDICATES.values(), ids=PREDICATES.keys())
def test_predicates_and_shapes_are_plain(t, call):
    out, expected = call(t), call(t.numpy())
    assert type(out) is type(expected)
    assert not isinstance(out, ad.Tensor)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("out", lambda t: np.add(t, 1, out=np.zeros((2, 3)))),
        ("out", lambda t: np.exp(np.zeros((2, 3)), out=t)),
        ("out", lambda t: np.sum(t, out=np.zeros(()))),
        ("out", lambda t: np.sum(np.ones((2, 3)), out=t)),
        ("out", lambda t: np.greater(np.ones((2, 3)), 0, out=t)),
        ("out", lambda t: np.argmax(np.ones((2, 3)), out=t)),
        ("out", lambda t: np.concatenate([t, t], out=np.zeros((4, 3)))),
        ("out", lambda t: np.concatenate([t, t], 0, np.zeros((4, 3)))),
        ("out", lambda t: np.dot(t, t.T, np.zeros((2, 2)))),
        ("out", lambda t: np.stack([t, t], out=np.zeros((2, 2, 3)))),
        ("out", lambda t: np.einsum("ij->i", t, out=np.zeros(2))),
        ("dtype", lambda t: np.sum(t, dtype=np.float32)),
        ("dtype", lambda t: np.sum(t, 0, np.float32)),
        ("dtype", lambda t: np.add(t, 1, dtype=np.float32)),
        ("dtype", lambda t: np.add.reduce(t, dtype=np.float32)),
        ("dtype", lambda t: np.vstack([t, t], dtype=np.float32)),
        ("dtype", lambda t: np.einsum("ij->i", t, dtype=np.float32)),
        ("where", lambda t: np.exp(t, where=t > 0.2)),
        ("where", lambda t: np.mean(t, where=t > 0.2)),
        ("where", lambda t: np.add.reduce(t, where=t > 0.2)),
        ("initial", lambda t: np.max(t, initial=3.0)),
        ("initial", lambda t: np.multiply.reduce(t, initial=3.0)),
        ("casting", lambda t: np.exp(t, casting="unsafe")),
        ("casting", lambda t: np.concatenate([t, t], casting="unsafe")),
        ("correction", lambda t: np.var(t, correction=1)),
        ("mean", lambda t: np.var(t, mean=np.zeros(()))),
        ("order", lambda t: np.reshape(t, 6, order="F")),
        ("order", lambda t: np.ravel(t, "F")),
        ("kind", lambda t: np.sort(t, kind="mergesort")),
        ("mode", lambda t: np.take(t, [5], mode="clip")),
        ("axes", lambda t: np.matmul(t, t, axes=[(0, 1), (1, 0), (0, 1)])),
        ("stat_length", lambda t: np.pad(t, 1, mode="edge", stat_length=2)),
    ],
)
def test_an_argument_that_is_not_supported_is_refused_by_name(t, argument, call):
    with pytest.raises(TypeError, match=rf"np\.[\w.]+ on a Tensor(: too many positional| does not take {argument}=)"):
        call(t)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("heaviside", lambda t: np.heaviside(t, 1)),
        ("fft.fft", lambda t: np.fft.fft(t)),
        ("median", lambda t: np.median(t)),
        ("linalg.eig", lambda t: np.linalg.eig(t[:, :2])),
        ("add.at", lambda t: np.add.at(t, 0, 1.0)),
        ("add.at", lambda t: np.add.at(np.zeros((2, 3)), 0, t[0])),
        ("add.reduceat", lambda t: np.add.reduceat(t, [0])),
        ("multiply.accumulate", lambda t: np.multiply.accumulate(t)),
        ("divide.reduce", lambda t: np.divide.reduce(t)),
        ("equal.at", lambda t: np.equal.at(np.zeros(3), [0], t[0])),
        ("apply_along_axis", lambda t: np.apply_along_axis(np.sum, 0, t)),
        ("copyto", lambda t: np.copyto(np.zeros((2, 3)), t)),
        ("full_like", lambda t: np.full_like(t, 3.0)),
        ("bincount", lambda t: np.bincount([0, 1, 1], weights=t[0])),
        ("put", lambda t: np.put(t, [0], 1.0)),
        ("linspace", lambda t: np.linspace(t[0, 0], 1, 3)),
        ("interp", lambda t: np.interp(t, [0, 1], [0, 1])),
        (r"abs \(vectorized\)", lambda t: np.frompyfunc(abs, 1, 1)(t)),
        ("unique", lambda t: np.unique(t)),
        ("save", lambda t: np.save("never", t)),
        ("nan_to_num", lambda t: np.nan_to_num(t)),
        ("average", lambda t: np.average(t, weights=np.ones((2, 3)))),
    ],
)
def test_a_function_without_a_rule_is_refused_by_name_with_the_way_out(t, name, call):
    with pytest.raises(TypeError, match=rf"np\.{name} has no rule.*primitive.*detach"):
        call(t)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.array(t),
        lambda t: np.asarray(t),
        lambda t: np.array([t, t]),
        lambda t: np.array([t[0, 0], t[0, 1]]),
        lambda t: np.array([t, t], dtype=object),
        lambda t: np.array([t[0, 0]], dtype=float),
        lambda t: np.mean([t, t]),
        lambda t: np.sum([t[0], t[1]]),
        lambda t: np.max([t[0, 0], t[0, 1]]),
        lambda t: np.exp([t, t]),
        lambda t: np.float64([t]),
        lambda t: np.vectorize(abs)(t),
        lambda t: np.full((2, 3), t),
        lambda t: np.ascontiguousarray(t),
        lambda t: np.arange(t[0, 0]),
        lambda t: np.random.default_rng(0).normal(t),
        lambda t: np.random.normal(0.0, t[0, 0]),
        lambda t: np.random.permutation(t),
        lambda t: np.random.default_rng(0).choice(t[0]),
        lambda t: np.ma.array(t),
    ],
)
def test_nothing_turns_a_tensor_into_a_constant_or_an_object_array(t, call):
    with pytest.raises(TypeError, match=r"requires grad|cannot be changed|object"):
        call(t)


def test_assigning_a_tensor_into_an_array_is_refused(t):
    a = np.zeros((2, 3))
    for key, value in ((0, t[0]), (slice(None), t), ((0, slice(1)), t[0, :1]), ([0], t[0]), (a == 0, t[0, 0])):
        with pytest.raises(TypeError, match="requires grad"):
            a[key] = value
    with pytest.raises(TypeError, match="out="):
        a += t
    with pytest.raises(TypeError, match="out="):
        a *= t[0, 0]
    assert not a.any()


def test_a_number_is_given_where_a_number_is_asked_for(t):
    x = t[0, 0]
    assert float(x) == math.sqrt(x) ** 2 == t.data[0, 0]
    assert math.exp(x) == np.exp(t.data[0, 0])
    history = np.zeros(2)
    history[1] = x  # NumPy asks for float(x)
    assert history[1] == x.item()


def test_tensors_that_need_no_gradient_become_arrays_but_no_rule_stays_no_rule():
    t = ad.Tensor([1.0, 2.0])
    assert np.array([t, t]).tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert type(np.asarray(t)) is np.ndarray
    assert isinstance(np.exp(t), ad.Tensor)
    with pytest.raises(TypeError, match="no rule"):
        np.median(t)


def test_an_array_made_from_a_tensor_is_a_copy():
    t = ad.Tensor([1.0, 2.0])
    for array in (np.asarray(t), np.array(t), np.array(t, copy=True)):
        array[0] = 5.0
    assert t.data[0] == 1.0


def test_derivatives_of_any_order_go_through_numpy_s_functions():
    f = lambda x: np.sum(np.exp(np.sin(x)) * np.where(np.asarray(True), x, 0.0))
    third = ad.grad(lambda x: ad.grad(lambda x: ad.grad(f)(x))(x))(0.3)
    g = ad.grad(ad.grad(ad.grad(lambda x: ad.exp(ad.sin(x)) * x)))(0.3)
    assert third == pytest.approx(g)


def test_functions_of_numpy_accept_a_user_s_own_primitive_instead():
    hypot = ad.primitive(np.hypot, names="x y", elementwise=True, name="hypot_for_one_test").vjp(
        lambda g, x, out: g * x / out, lambda g, y, out: g * y / out
    )
    del ad.REGISTRY["hypot_for_one_test"]
    assert ad.gradcheck(hypot, np.array([1.0, 2.0]), 3.0)
