"""Metrics: how good outputs are, in numbers that people read and no gradient passes through.

All take outputs first and labels second, as losses do: outputs with an axis of classes (logits or probabilities, whose
largest is the prediction), or the predicted classes themselves.
"""

from .confusion import classification_report, confusion_matrix, f1_score, precision, recall
from .ranking import accuracy, top_k_accuracy

__all__ = [
    "accuracy",
    "classification_report",
    "confusion_matrix",
    "f1_score",
    "precision",
    "recall",
    "top_k_accuracy",
]
