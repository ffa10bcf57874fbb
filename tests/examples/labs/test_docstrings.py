"""The examples in the labs' docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

import examples.labs

pytest.importorskip("safetensors", reason='safetensors is absent; pip install "chalkgrad[train]" brings it')
MODULES = [each.name for each in pkgutil.walk_packages(examples.labs.__path__, "examples.labs.")]


def test_some_have_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 5


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name):
    failed, _ = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert failed == 0
