"""Plots need matplotlib; each test begins with no figures, and with matplotlib's settings as they were."""

import pytest


@pytest.fixture(autouse=True)
def pyplot():
    reason = 'matplotlib is absent; pip install "chalkgrad[plot]" brings it'
    pyplot = pytest.importorskip("matplotlib.pyplot", reason=reason)
    settings = dict(pyplot.rcParams)
    yield pyplot
    pyplot.close("all")
    assert dict(pyplot.rcParams) == settings, "a plot changed matplotlib's settings"


@pytest.fixture
def ax(pyplot):
    return pyplot.subplots(layout="constrained")[1]
