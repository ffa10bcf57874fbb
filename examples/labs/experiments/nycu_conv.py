"""NYCU: a convolution as the first layer, with plain gradient descent and with Adam."""

from __future__ import annotations

from ..comparison import Difference, Row, Within
from ..experiment import Experiment, Illustration
from ..figures import classifier, spread_over_seeds, truth_and_prediction
from .nycu import FULL, REPORT, Convolution, adam, training
from .nycu_figures import learning_curve

SETTINGS = {
    "SGD": training(network=Convolution(), epochs=500),
    "Adam": training(network=Convolution(), optimizer=adam(0.3), batch_size=FULL, epochs=3000),
    "SGD, kernel of 1": training(network=Convolution(kernel=1), epochs=500),
    "SGD, full batch, rate 3": training(3.0, network=Convolution(), batch_size=FULL, epochs=15_000),
}
DEFECT = Difference(
    "the report's slip",
    "A convolution whose kernel covers both coordinates computes what a dense layer does, so it learns what that "
    "learns. 38 % is a defect of the report's program: see what defects give.",
    ("question-conv", "test labels shuffled"),
)

EXPERIMENT = Experiment(
    identifier="nycu-conv",
    report=f"{REPORT}, extra",
    title="A convolutional layer",
    question="Does a convolution as the first layer do worse, as the report finds, because it is made for images?",
    settings=SETTINGS,
    quick={"Adam": training(network=Convolution(), optimizer=adam(0.3), batch_size=FULL, epochs=1000)},
    rows=(
        Row("SGD", "test accuracy", "plain descent, point by point, rate 0.3", "38 %", "97–100 %", None, DEFECT),
        Row("SGD", "train accuracy", "the same: training points", "–", "–", Within(0.95, 1.0)),
        Row("Adam", "test accuracy", "Adam, all points at once, rate 0.3", "38 %", "97–100 %", None, DEFECT),
        Row("Adam", "train accuracy", "the same: training points", "–", "–", Within(0.95, 1.0)),
        Row("SGD, kernel of 1", "test accuracy", "kernel of width 1, plain descent", "–", "97–100 %",
            Within(0.95, 1.0)),
        Row("SGD, full batch, rate 3", "test accuracy", "plain descent, all points at once, rate 3", "–", "–"),
    ),
    seconds=75,
    seeds=5,
    illustrations=(
        Illustration("truth", "Ground truth and prediction, 0 red and 1 blue, of 100 fresh points.",
                     truth_and_prediction({name: SETTINGS[name] for name in ("SGD", "Adam")})),
        Illustration("curves", "The error over the epochs.", learning_curve(*SETTINGS)),
        Illustration("boundaries", "How sure the networks are of class 1.",
                     classifier({name: SETTINGS[name] for name in ("SGD", "Adam")}, probability=True)),
        Illustration("spread", "The test accuracy of every seed.", spread_over_seeds()),
    ),
    notes=(
        "The report says no more than “the convolution layer as the input layer, two hidden layers remained "
        "unchanged”. Ours reads a point as an image of one row and two columns, (N, 1, 1, 2), with 4 kernels "
        "of 1 × 2; sigmoid, flattened, then 4-4-1 as before.",
        "Its explanation, that the data does not suit convolutions, does not hold: with a kernel as wide as the input "
        "a convolution is a dense layer. With a kernel of width 1 the weights are shared by both coordinates, and the "
        "layers after it still tell them apart.",
    ),
)  # fmt: skip
