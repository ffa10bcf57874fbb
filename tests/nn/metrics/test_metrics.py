"""Metrics are scikit-learn's, absent classes included, and refuse what they cannot compare."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn

sklearn = pytest.importorskip("sklearn.metrics", reason='pip install "chalkgrad[data]" brings scikit-learn')

SHARES = ("precision", "recall", "f1_score")


@st.composite
def compared(draw):
    """Labels and predictions of a few of some classes: many are absent on one side or both."""
    classes = draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = [rng.choice(classes, rng.integers(1, classes + 1), replace=False) for _ in range(2)]
    samples = draw(st.integers(1, 25))
    return classes, *(rng.choice(side, samples) for side in present)


@given(compared())
def test_the_confusion_matrix_is_scikit_learn_s(drawn):
    classes, labels, predicted = drawn
    expected = sklearn.confusion_matrix(labels, predicted, labels=range(classes))
    counts = nn.confusion_matrix(predicted, labels, classes)
    np.testing.assert_array_equal(counts, expected)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(nn.confusion_matrix(np.eye(classes)[predicted], labels), expected)
    occurring = max(labels.max(), predicted.max()) + 1
    np.testing.assert_array_equal(nn.confusion_matrix(predicted, labels), expected[:occurring, :occurring])


@given(compared(), st.sampled_from([0.0, 1.0, np.nan]))
def test_shares_and_averages_are_scikit_learn_s(drawn, zero_division):
    classes, labels, predicted = drawn
    settings = {"zero_division": zero_division}
    theirs = sklearn.precision_recall_fscore_support
    expected = theirs(labels, predicted, labels=range(classes), average=None, **settings)[:3]
    for name, each in zip(SHARES, expected, strict=True):
        found = getattr(nn, name)(predicted, labels, average=None, classes=classes, **settings)
        np.testing.assert_allclose(found, each, rtol=1e-12)
    for average in ("macro", "weighted", "micro"):
        expected = theirs(labels, predicted, average=average, **settings)[:3]
        for name, value in zip(SHARES, expected, strict=True):
            for outputs in (predicted, np.eye(classes)[predicted]):
                found = getattr(nn, name)(outputs, labels, average=average, **settings)
                assert isinstance(found, float)
                assert found == pytest.approx(value, rel=1e-12, nan_ok=True), (name, average)


@given(compared())
def test_accuracy_is_scikit_learn_s_of_scores_and_of_predictions(drawn):
    classes, labels, predicted = drawn
    expected = sklearn.accuracy_score(labels, predicted)
    assert nn.accuracy(predicted, labels) == pytest.approx(expected)
    assert nn.accuracy(np.eye(classes)[predicted], labels) == pytest.approx(expected)
    assert nn.precision(predicted, labels, average="micro") == pytest.approx(expected)


@given(st.integers(3, 8), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_top_k_accuracy_is_scikit_learn_s(classes, samples, seed):
    rng = np.random.default_rng(seed)
    scores, labels = rng.standard_normal((samples, classes)), rng.integers(0, classes, samples)
    for k in range(1, classes):
        expected = sklearn.top_k_accuracy_score(labels, scores, k=k, labels=range(classes))
        assert nn.top_k_accuracy(scores, labels, k) == pytest.approx(expected)
    assert nn.top_k_accuracy(scores, labels, classes) == 1.0
    assert nn.top_k_accuracy(scores, labels, 1) == nn.accuracy(scores, labels)


def test_among_equal_scores_the_first_count():
    assert nn.accuracy(np.zeros((3, 3)), [0, 1, 2]) == nn.top_k_accuracy(np.zeros((3, 3)), [0, 1, 2], 1) == 1 / 3
    assert nn.top_k_accuracy(np.zeros((3, 3), np.uint8), [0, 1, 2], 2) == 2 / 3


def test_scores_may_have_further_axes_and_be_tensors_or_lists():
    scores = np.random.default_rng(0).standard_normal((2, 3, 4))
    labels = scores.argmax(-1)
    for outputs in (scores, ad.Tensor(scores, requires_grad=True), scores.tolist(), labels, ad.Tensor(labels)):
        assert nn.accuracy(outputs, labels) == nn.f1_score(outputs, labels, average="weighted") == 1.0
    assert nn.top_k_accuracy(scores, labels, 1) == 1.0
    assert nn.confusion_matrix(scores, labels).sum() == 6


def test_yes_and_no_are_two_classes():
    labels = np.array([True, False, True])
    assert nn.accuracy(np.array([True, True, True]), labels) == pytest.approx(2 / 3)
    np.testing.assert_array_equal(nn.confusion_matrix(np.array([1, 1, 1]), labels), [[0, 1], [0, 2]])


def test_nothing_has_no_average():
    none = np.zeros(0, int)
    assert np.isnan(nn.accuracy(np.zeros((0, 2)), none))
    assert np.isnan(nn.top_k_accuracy(np.zeros((0, 2)), none, 1))
    for name in SHARES:
        for average in ("macro", "weighted", "micro"):
            assert np.isnan(getattr(nn, name)(np.zeros((0, 2)), none, average=average))
    assert nn.confusion_matrix(none, none, 2).tolist() == [[0, 0], [0, 0]]
    assert "nan" in nn.classification_report(np.zeros((0, 2)), none)


@given(compared())
def test_the_report_holds_scikit_learn_s_numbers(drawn):
    classes, labels, predicted = drawn
    names = [f"class {i}" for i in range(classes)]
    lines = nn.classification_report(predicted, labels, names).splitlines()
    expected = sklearn.classification_report(
        labels, predicted, labels=range(classes), target_names=names, output_dict=True, zero_division=0
    )
    assert lines[0].split() == ["precision", "recall", "F1", "samples"]
    assert len({len(line) for line in lines}) == 1
    for name, line in zip(names, lines[1:], strict=False):
        found = [float(number) for number in line.removeprefix(name).split()]
        np.testing.assert_allclose(found, list(expected[name].values()), atol=5e-5)
    weighted = [float(number) for number in lines[-2].split()[1:]]
    np.testing.assert_allclose(weighted, list(expected["weighted avg"].values()), atol=5e-5)
    macro = [float(number) for number in lines[-3].split()[1:]]
    np.testing.assert_allclose(
        macro[:3], [getattr(nn, name)(predicted, labels) for name in SHARES], atol=5e-5
    )
    assert float(lines[-1].split()[1]) == pytest.approx(sklearn.accuracy_score(labels, predicted), abs=5e-5)


def test_an_output_of_nan_is_never_right():
    """NumPy takes NaN for the largest number, and would count a diverged model's samples of class 0 as hits."""
    spoilt = np.array([[np.nan, 0.0, 0.0], [0.0, np.nan, 0.0], [np.nan, np.nan, np.nan], [0.0, 1.0, 2.0]])
    labels = [0, 1, 0, 2]
    assert nn.accuracy(spoilt, labels) == 0.25
    assert nn.accuracy(spoilt.astype(np.float16), labels) == 0.25
    for k in (1, 2, 3):
        assert nn.top_k_accuracy(spoilt, labels, k) == 0.25
    assert nn.accuracy(np.array([[np.inf, -np.inf]]), [0]) == 1.0
    for metric in (nn.confusion_matrix, nn.f1_score, nn.classification_report):
        with pytest.raises(ValueError, match=r"3 samples of 4 hold NaN.*diverged"):
            metric(spoilt, labels)


SCORES = np.zeros((3, 2))
REFUSED = {
    "one output": (lambda: nn.accuracy([[-1.0], [1.0], [2.0]], [0, 1, 1]), r"float64\[3, 1\].*outputs\[..., 0\] > 0"),
    "one output among k": (lambda: nn.top_k_accuracy(np.zeros((3, 1)), [0, 1, 1], 1), "always the first"),
    "half a class": (lambda: nn.confusion_matrix([0, 1], [0, 1], 2.5), "classes is 2.5"),
    "no classes": (lambda: nn.confusion_matrix([0, 1], [0, 1], -1), "classes is -1"),
    "scikit-learn's warning": (lambda: nn.precision(SCORES, [0, 1, 0], zero_division="warn"), "is 'warn'"),
    "float labels": (lambda: nn.accuracy(SCORES, np.zeros(3)), r"float64\[3, 2\].*float64\[3\]"),
    "one-hot labels": (lambda: nn.accuracy(SCORES, np.eye(2, dtype=int)[[0, 1, 0]]), "argmax"),
    "one logit": (lambda: nn.precision(np.zeros(3), [0, 1, 0]), "outputs > 0"),
    "no axis": (lambda: nn.accuracy(1.0, 0), "needed are"),
    "lengths": (lambda: nn.confusion_matrix(SCORES, [0, 1]), "shape"),
    "k": (lambda: nn.top_k_accuracy(SCORES, [0, 1, 0], 3), "k is 3.*2 classes"),
    "k of half": (lambda: nn.top_k_accuracy(SCORES, [0, 1, 0], 0.5), "k is 0.5"),
    "k and predictions": (lambda: nn.top_k_accuracy([0, 1, 0], [0, 1, 0], 1), "classes"),
    "start at 1": (lambda: nn.recall(SCORES, [1, 2, 1]), "a class is 2.*2 classes.*start at 1"),
    "ignored": (lambda: nn.f1_score(SCORES, [1, -100, 1]), "a class is -100"),
    "too few": (lambda: nn.confusion_matrix([0, 1, 2], [0, 1, 1], classes=2), "a class is 2"),
    "average": (lambda: nn.f1_score(SCORES, [0, 1, 0], average="mean"), "'mean'.*macro"),
    "names": (lambda: nn.classification_report(SCORES, [0, 1, 0], ["one"]), "1 classes"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_cannot_be_compared_is_refused_in_words(refused):
    call, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        call()
