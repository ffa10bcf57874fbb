"""Classifiers of scikit-learn as jobs, for the reports that hold a network against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nn

from .configuration import Outcome, Settings
from .samples import Data


@dataclass(frozen=True)
class Estimator:
    """A classifier by its name in `CLASSIFIERS`, fitted to the training samples of a data set.

    Its metrics are "train accuracy", of the samples that it was fitted to, and "test accuracy"; its evidence is the
    confusion matrix of the test samples.
    """

    data: Data
    name: str
    settings: Settings = field(default_factory=dict)

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Fit and judge. None of these classifiers has anything random, so that all seeds are equal."""
        train, test = self.data.split(seed)
        classifier = CLASSIFIERS[self.name](**self.settings).fit(train.x, train.y)
        predicted = {"train": (classifier.predict(train.x), train.y), "test": (classifier.predict(test.x), test.y)}
        metrics = {f"{part} accuracy": float((told == true).mean()) for part, (told, true) in predicted.items()}
        return Outcome(metrics, evidence={"confusion": nn.confusion_matrix(*predicted["test"])})


def _support_vector_machine(**settings: Any) -> Any:
    from sklearn.svm import SVC

    return SVC(**settings)


def _nearest_neighbours(**settings: Any) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(**settings)


#: Every classifier that an experiment can name.
CLASSIFIERS: Mapping[str, Callable[..., Any]] = {
    "SVC": _support_vector_machine, "KNeighborsClassifier": _nearest_neighbours,
}  # fmt: skip
