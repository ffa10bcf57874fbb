"""Question: why does the sigmoid of task 1.2 stick at 50 %, and what frees it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import nn

from ..comparison import Row, Within
from ..configuration import Initial, Optimizer, Perceptron
from ..experiment import Experiment, Illustration, Records
from ..figures import classifier, curves_together, gradient_norms, spread_over_seeds
from ..training import Training
from .tnm112 import DEFAULT, REPORT, RING, descent, normal, training


def ring(activation: str = "sigmoid", **settings: Any) -> Training:
    """Task 1.2, watched four times an epoch, with what is changed."""
    return training(RING, (5,), activation, **({"epochs": 20, "batch_size": 16, "watch": 16} | settings))


def cross_entropy(initial: Initial) -> Training:
    """Task 1.2 with the cross-entropy of the scores, instead of the squared error of the probabilities."""
    return replace(ring(), loss="cross-entropy", network=Perceptron((2, 5, 2), "sigmoid", None, initial))


GLOROT = Initial("glorot_normal")
SETTINGS = {
    "as in the lab": ring(),
    "ReLU": ring("relu"),
    "tanh": ring("tanh"),
    "rate 5": ring(optimizer=descent(5.0)),
    "rate 20": ring(optimizer=descent(20.0)),
    "momentum 0.9": ring(optimizer=descent(1.0, 0.9)),
    "Adam, rate 0.1": ring(optimizer=Optimizer("Adam", {"lr": 0.1, "eps": 1e-7, "form": "keras"})),
    "N(0, 0.1²)": ring(initial=normal(0.0, 0.1)),
    "glorot_normal": ring(initial=GLOROT),
    "N(0, 1)": ring(initial=normal(0.0, 1.0)),
    "N(0, 2²)": ring(initial=normal(0.0, 2.0)),
    "cross-entropy": cross_entropy(DEFAULT),
    "cross-entropy, glorot_normal": cross_entropy(GLOROT),
    "100 epochs": ring(epochs=100, watch=64),
    "300 epochs": ring(epochs=300, watch=64),
}
#: Those whose layers are drawn.
SHOWN = ("as in the lab", "ReLU", "N(0, 2²)", "300 epochs")
SHAPES = ("as in the lab", "100 epochs", "300 epochs", "N(0, 2²)")
#: As little as a constant output costs is 0.25; below this loss the plateau has been left.
LEFT = 0.2


def freed(records: Records) -> list[str]:
    """The settings whose every seed is right about more than nine points of ten."""
    return [name for name in SETTINGS if min(record.metrics["test accuracy"] for record in records[name]) > 0.9]


def watched(records: Records, setting: str, column: str, layer: int, samples: slice) -> float:
    """The median over seeds and sampled steps of what was seen in a layer."""
    found = []
    for record in records[setting]:
        statistics = nn.Statistics()
        statistics.load_state_dict(record.evidence["statistics"])
        found.append(statistics[column][samples, layer])
    return float(np.median(np.concatenate(found)))


def findings(records: Records) -> Sequence[str]:
    """The answer, in numbers of the records."""
    first = slice(0, 4)
    spread = watched(records, "as in the lab", "activation_deviation", 0, slice(0, 1))
    norms = {name: watched(records, name, "weight_gradient_norm", 0, first) for name in ("as in the lab", "ReLU")}
    weights = {name: watched(records, name, "weight_norm", 0, slice(-1, None)) for name in norms}
    left = [1 + int(np.argmax(np.array(record.history["validation_loss"]) < LEFT)) for record in records["300 epochs"]]
    reached = {name: [record.metrics["test accuracy"] for record in records[name]] for name in SETTINGS}
    stuck = [name for name in ("rate 5", "rate 20") if name not in freed(records)]
    return (
        f"It is a plateau, not a minimum: the same training, left alone for 300 epochs, leaves it in epoch "
        f"{min(left)} to {max(left)} (median {np.median(left):.0f}) and reaches {np.mean(reached['300 epochs']):.2%}, "
        f"at least {min(reached['300 epochs']):.2%}; after 100 epochs it has {np.mean(reached['100 epochs']):.1%}.",
        f"What keeps it there is the size of its weights. The hidden sums begin with a deviation of {spread:.3f}, and "
        f"three times as far from 0 the sigmoid is only {straightness(3 * spread):.1g} off its tangent ½ + z/4: the "
        "network is the linear one of task 1.2, which cannot do it, and the gradient towards a curved one is of third "
        "order in weights and biases. ReLU has its kink at 0, whatever the size.",
        f"The gradient of the first layer is small, and it is no chain of layers that makes it so: in the first epoch "
        f"its norm is {norms['as in the lab']:.4f} with one sigmoid, and {norms['ReLU']:.4f} with ReLU (medians). "
        f"After twenty epochs the first layer's weights have the norm {weights['as in the lab']:.2f} and "
        f"{weights['ReLU']:.2f}.",
        f"Free on every seed (more than 90 %): {', '.join(freed(records)) or 'none'}. Initial weights from N(0, 2²) "
        f"reach {np.mean(reached['N(0, 2²)']):.2%} in the lab's own twenty epochs at rate 1, "
        f"with the same negative inputs. A higher rate alone does not free it: "
        + "; ".join(f"{name} {np.mean(reached[name]):.1%}" for name in stuck or ("rate 5", "rate 20"))
        + ".",
    )


def straightness(reach: float) -> float:
    """How far the sigmoid is from its tangent at 0, at a distance from 0."""
    return float(0.5 + reach / 4 - 1 / (1 + np.exp(-reach)))


EXPERIMENT = Experiment(
    identifier="question-sigmoid",
    report=f"{REPORT}: a question of task 1.2",
    title="Why does sigmoid stick at 50 %?",
    question="Both reports blame vanishing gradients for the sigmoid's 50 %, and 001 negative inputs. Is it so, and "
    "which initialisation or rate frees it?",
    settings=SETTINGS,
    quick={name: SETTINGS[name] for name in ("as in the lab", "N(0, 2²)")},
    rows=(
        Row("as in the lab", "test accuracy", "as in the lab: N(0.1, 0.1²), rate 1, 20 epochs", "50 % (000, 001)",
            "50.00 % for 6 of 8 seeds", Within(0.0, 0.7)),
        *(Row(name, "test accuracy", name) for name in SETTINGS if name != "as in the lab"),
    ),
    seconds=11,
    seeds=10,
    illustrations=(
        Illustration("gradients", "The gradient of each layer's weights, per batch. In one hidden layer nothing has "
                     "far to vanish: the first layer's gradient is a few times smaller with sigmoid than with ReLU, "
                     "and grows when the weights do.", gradient_norms(*SHOWN, column="weight_gradient_norm")),
        Illustration("spread", "The spread of what goes into the neurons. Up to 1 the sigmoid is nearly straight.",
                     gradient_norms(*SHOWN, column="activation_deviation")),
        Illustration("plateau", "The test loss of ten seeds, mean and range: a plateau at 0.25, then a fall.",
                     curves_together("100 epochs", "300 epochs", column="validation_loss", ylabel="test loss",
                                     seed=None)),
        Illustration("boundaries", "What the network has made of the plane after 20, 100 and 300 epochs, and after 20 "
                     "from larger weights. There is a station on the way, at a loss of 0.1: a strip between two "
                     "neurons, which the others close later.",
                     classifier({name: SETTINGS[name] for name in SHAPES}, columns=2)),
        Illustration("grid", "The test accuracy of every seed: what frees the sigmoid, and what does not.",
                     spread_over_seeds()),
    ),
    findings=findings,
    notes=(
        "Report 000 calls it a local minimum, 001 says that negative inputs make the sigmoid ineffective. Both would "
        "be so after 300 epochs too.",
    ),
)  # fmt: skip
