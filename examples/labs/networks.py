"""Networks with layers that the labs did without: batch normalization, dropout, and convolutions that read images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import nn


@dataclass(frozen=True)
class RegularizedPerceptron:
    """A multilayer perceptron whose hidden layers are linear, then normalized if wanted, then ReLU, then dropped out.

    Weights and biases begin as `nn.Linear` draws them. `dropout` is the share of hidden neurons that are left out of a
    step.
    """

    widths: tuple[int, ...]
    normalized: bool = True
    dropout: float = 0.0

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`, and what dropout draws later."""
        layers: list[nn.Module] = []
        *hidden, outputs = zip(self.widths, self.widths[1:])
        for inputs, neurons in hidden:
            layers.append(nn.Linear(inputs, neurons, rng=rng))
            layers += [nn.BatchNorm1d(neurons)] if self.normalized else []
            layers.append(nn.ReLU())
            layers += [nn.Dropout(self.dropout, rng=rng)] if self.dropout else []
        return nn.Sequential(*layers, nn.Linear(*outputs, rng=rng))


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """Convolutions read square images that come as rows of pixels; two linear layers decide.

    Each convolution keeps the size, which pooling halves; then normalization, if wanted, and ReLU. Pooling comes first
    as both others then have a quarter of the work: ReLU gives the same on either side of it.
    """

    channels: tuple[int, ...]
    kernel: int = 3
    hidden: int = 128
    normalized: bool = True
    dropout: float = 0.0
    side: int = 28

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`, and what dropout draws later."""
        layers: list[nn.Module] = [nn.Unflatten(1, (1, self.side, self.side))]
        side = self.side
        for inputs, outputs in zip((1, *self.channels), self.channels):
            layers += [nn.Conv2d(inputs, outputs, self.kernel, padding="same", rng=rng), nn.MaxPool2d(2)]
            layers += [nn.BatchNorm2d(outputs)] if self.normalized else []
            layers.append(nn.ReLU())
            side //= 2
        layers += [nn.Flatten(), nn.Linear(self.channels[-1] * side**2, self.hidden, rng=rng), nn.ReLU()]
        layers += [nn.Dropout(self.dropout, rng=rng)] if self.dropout else []
        return nn.Sequential(*layers, nn.Linear(self.hidden, 10, rng=rng))
