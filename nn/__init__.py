"""Networks on the engine of `autodiff`: modules, layers, losses, initialisers, optimizers, and the loop that trains.

Names and semantics are PyTorch's, with `axis` for `dim`. Nothing here derives a gradient by hand.
"""

from typing import TYPE_CHECKING, Any

from . import functional, init, optim, schedules, serialize
from .layers import (
    ELU,
    GELU,
    MLP,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    MaxPool2d,
    ModuleDict,
    ModuleList,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    Unflatten,
)
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    MultiMarginLoss,
    NLLLoss,
)
from .metrics import (
    accuracy,
    classification_report,
    confusion_matrix,
    f1_score,
    precision,
    recall,
    top_k_accuracy,
)
from .module import Buffer, Module, Parameter, functional_call
from .optim import SGD, Adagrad, Adam, AdamW, RMSprop
from .random import manual_seed
from .serialize import SavedState, load, save
from .training import (
    Callback,
    Checkpoint,
    ClipGradients,
    EarlyStopping,
    History,
    NonFiniteLoss,
    Statistics,
    Training,
    evaluate,
    fit,
    predict,
)

if TYPE_CHECKING:
    from . import plot

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Buffer",
    "Callback",
    "Checkpoint",
    "ClipGradients",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GlobalAvgPool2d",
    "HingeLoss",
    "History",
    "HuberLoss",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiMarginLoss",
    "NLLLoss",
    "NonFiniteLoss",
    "Parameter",
    "RMSprop",
    "ReLU",
    "SavedState",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Statistics",
    "Tanh",
    "Training",
    "Unflatten",
    "accuracy",
    "classification_report",
    "confusion_matrix",
    "evaluate",
    "f1_score",
    "fit",
    "functional",
    "functional_call",
    "init",
    "load",
    "manual_seed",
    "optim",
    "plot",
    "precision",
    "predict",
    "recall",
    "save",
    "schedules",
    "serialize",
    "top_k_accuracy",
]

#: Source lines in errors and drawings are those of whoever called a layer, not the layers' own.
__autodiff_plumbing__ = True


def __getattr__(name: str) -> Any:
    """What most programs do without is loaded on first use."""
    if name == "plot":
        from importlib import import_module

        return import_module(".plot", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
