"""Networks with every layer change places with PyTorch's: the same names, shapes and outputs, in both directions."""
import numpy as np
import pytest

import autodiff as ad
import nn
from nn.layers import activation
from tests.nn.layers.twins import arrays_of, close, same_outputs, same_state


def images(n, **dtype):
    """Everything that images pass through, written once for both libraries."""
    pooled = [n.GlobalAvgPool2d()] if n is nn else [n.AdaptiveAvgPool2d(1), n.Flatten()]
    return [
        n.Conv2d(2, 4, 3, padding="same", **dtype), n.BatchNorm2d(4, **dtype), n.ReLU(), n.MaxPool2d(2),
        n.Conv2d(4, 4, (2, 3), stride=(1, 2), padding=1, groups=2, bias=False, **dtype),
        n.BatchNorm2d(4, momentum=None, **dtype), n.LeakyReLU(0.1),
        n.AvgPool2d(2, padding=1, count_include_pad=False), n.Dropout(0.0), *pooled,
    ]  # fmt: skip


def vectors(n, **dtype):
    """Everything that vectors pass through."""
    return [
        n.Linear(4, 6, **dtype), n.BatchNorm1d(6, **dtype), n.GELU(), n.Unflatten(1, (2, 3)),
        n.LayerNorm((2, 3), **dtype), n.Flatten(), n.SiLU(), n.Linear(6, 6, bias=False, **dtype),
        n.LayerNorm(6, bias=False, **dtype), n.ELU(0.5), n.GELU("tanh"), n.Softplus(), n.Tanh(), n.Sigmoid(),
        n.LogSigmoid(), n.Identity(), n.Linear(6, 3, **dtype),
    ]  # fmt: skip


def networks(torch):
    ours = nn.Sequential(*images(nn, dtype=float), *vectors(nn, dtype=float))
    *first, pool, flatten = images(torch.nn)
    theirs = torch.nn.Sequential(*first, torch.nn.Sequential(pool, flatten), *vectors(torch.nn))
    return ours, theirs.double()


def x_of(seed):
    return np.random.default_rng(seed).normal(1.0, 2.0, (3, 2, 7, 6))


def test_pytorch_s_state_gives_pytorch_s_outputs(torch):
    ours, theirs = networks(torch)
    for step in range(3):
        theirs(torch.tensor(x_of(step)))
    ours.load_state_dict(arrays_of(theirs))
    for mode in (True, False):
        ours.train(mode), theirs.train(mode)
        same_outputs(ours, theirs, x_of(7), torch)


def test_our_state_gives_our_outputs_in_pytorch(torch):
    ours, theirs = networks(torch)
    for step in range(3):
        ours(x_of(step))
    state = {path: torch.tensor(value) for path, value in ours.state_dict().items()}
    assert theirs.load_state_dict(state, strict=True).missing_keys == []
    for mode in (False, True):
        ours.train(mode), theirs.train(mode)
        same_outputs(ours, theirs, x_of(7), torch)


def test_embeddings_change_places_too(torch):
    layers = {n: [n.Embedding(5, 4, padding_idx=1), n.LayerNorm(4), n.LogSoftmax(-1)] for n in (nn, torch.nn)}
    ours, theirs = nn.Sequential(*layers[nn]).astype(float), torch.nn.Sequential(*layers[torch.nn]).double()
    indices = np.array([[0, 1], [4, 1]])
    theirs.load_state_dict({path: torch.tensor(value) for path, value in ours.state_dict().items()})
    same_outputs(ours, theirs, indices, torch)
    theirs[0].reset_parameters()
    ours.load_state_dict(arrays_of(theirs))
    same_outputs(ours, theirs, indices, torch)


def test_training_for_some_steps_leads_to_the_same_place(torch):
    ours, theirs = networks(torch)
    ours.load_state_dict(arrays_of(theirs))
    mine, other = nn.SGD(ours.parameters(), lr=0.05), torch.optim.SGD(theirs.parameters(), lr=0.05)
    for step in range(5):
        mine.zero_grad(), other.zero_grad()
        ad.square(ours(x_of(step))).sum().backward()
        theirs(torch.tensor(x_of(step))).square().sum().backward()
        mine.step(), other.step()
        same_state(ours, theirs)
    ours.eval(), theirs.eval()
    close(ours(x_of(9)).data, theirs(torch.tensor(x_of(9))).detach().numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_with_every_layer_keeps_its_dtype(dtype):
    last = [nn.Dropout(), nn.Softmax(), nn.LogSoftmax()]
    model = nn.Sequential(*images(nn, dtype=dtype), *vectors(nn, dtype=dtype), *last)
    for mode in (True, False):
        x = ad.Tensor(x_of(0).astype(dtype), requires_grad=True)
        out = model.train(mode)(x)
        (out * out).sum().backward()
        floats = [tensor for tensor in (*model.parameters(), *model.buffers()) if tensor.dtype.kind == "f"]
        grads = [p.grad for p in model.parameters()]
        assert {tensor.dtype for tensor in (out, x.grad, *floats, *grads)} == {np.dtype(dtype)}


def test_every_layer_is_in_these_networks():
    """A layer that is added without a twin is noticed here."""
    shown = {type(layer) for layer in (*images(nn), *vectors(nn))} | {nn.Embedding, nn.Softmax, nn.LogSoftmax}
    containers = {nn.Sequential, nn.MLP, nn.ModuleList, nn.ModuleDict}
    assert {getattr(nn.layers, name) for name in nn.layers.__all__} - containers == shown
    assert set(activation.ACTIVATIONS.values()) <= shown
