"""A module that is used in several places computes, in each of them, under the name that it has there."""
import copy
import pickle

import numpy as np
import pytest

import autodiff as ad
import nn

X = np.ones((2, 4), "f4")


def scopes(model):
    with ad.record() as tape:
        model(X)
    return [node.scope for node in tape.nodes]


class Encoder(nn.Module):
    def __init__(self, embed):
        self.embed = embed

    def forward(self, x):
        return self.embed(x)


class Decoder(nn.Module):
    def __init__(self, embed):
        self.layers = nn.ModuleList([embed, nn.Tanh()])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Both(nn.Module):
    def __init__(self):
        embed = nn.Linear(4, 4, rng=0)
        self.encoder, self.decoder = Encoder(embed), Decoder(embed)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def copies(model):
    return [model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))]


def test_a_layer_twice_in_a_sequential_has_the_name_of_either_place():
    shared = nn.Linear(4, 4, rng=0)
    for model in copies(nn.Sequential(shared, nn.Tanh(), shared)):
        for _ in range(2):  # the first call and the later ones
            assert scopes(model) == ["Sequential/0", "Sequential/1", "Sequential/2"]
    model = nn.Sequential(shared, shared)
    shared.register_forward_hook(lambda module, inputs, output: output * 2.0)
    assert scopes(model) == ["Sequential/0"] * 2 + ["Sequential/1"] * 2


def test_a_layer_of_two_modules_has_the_name_by_which_each_knows_it():
    for model in copies(Both()):
        for _ in range(2):
            assert scopes(model) == ["Both/encoder/embed", "Both/decoder/layers/0", "Both/decoder/layers/1"]


def test_modules_that_get_new_places_are_not_taken_for_shared_ones():
    model = nn.Sequential(nn.Linear(4, 4, rng=0), nn.Tanh())
    model.insert(0, nn.ReLU())
    assert scopes(model)[-1] == "Sequential/2"
    holder = nn.Module()
    holder.layers = nn.ModuleList([nn.Tanh(), nn.Linear(4, 4, rng=0)])
    del holder.layers[0]
    assert not any(module._renamed for module in (*model.modules(), *holder.modules()))
    assert holder.layers[0](X).node.scope == "layers/0"


def test_a_model_and_a_part_of_it_can_take_turns():
    model = nn.Sequential(nn.ReLU(), nn.Linear(4, 4, rng=0), nn.Tanh())
    part = nn.Sequential(model[1], model[2])
    for _ in range(2):
        assert scopes(model) == ["Sequential/1", "Sequential/2"]
        assert scopes(part) == ["Sequential/0", "Sequential/1"]
    assert model[1](X).node.scope in ("0", "1")  # nobody who knows it is calling


def test_an_error_in_a_shared_layer_is_raised_and_the_scope_ends():
    shared = nn.Linear(3, 3, rng=0)
    model = nn.Sequential(shared, shared)
    with pytest.raises(ValueError, match="Linear"):
        model(X)
    assert (shared.weight * 2.0).node.scope == ""
