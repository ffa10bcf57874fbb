"""PyTorch as a second opinion, where it is installed."""
import warnings

import pytest


@pytest.fixture(scope="session")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PyTorch says about its own dependencies
        return pytest.importorskip("torch", reason='PyTorch is absent; pip install "chalkgrad[oracle]" brings it')
