"""What the documents show is executed: their blocks of Python, and an example in the docstring of every public name.

Pytest collects the docstrings of modules, classes and functions by itself, but operations are objects: public
names are run from here."""
import doctest
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autodiff.drawing import DotNotFoundError, draw, render

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
NETWORKS = ROOT / "docs" / "networks.md"
DRAWING = ROOT / "docs" / "drawing.md"


def public_names(module: ModuleType) -> dict[str, Any]:
    """Everything in `__all__`, of public submodules too, by its full name."""
    found = {}
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.ismodule(value):
            found |= public_names(value)
        elif not name.startswith("__") and callable(value):  # data is explained where it is defined
            found[f"{module.__name__}.{name}"] = value
    return found


NAMES = {
    name: value
    for package in ("autodiff", "nn", "datasets")
    for name, value in public_names(importlib.import_module(package)).items()
}


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_a_docstring_with_an_example_that_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value = NAMES[name]
    text = inspect.getdoc(value) or ""
    assert text, f"{name} has no docstring"
    borrowed = not inspect.isclass(value) and text == inspect.getdoc(type(value))
    assert not borrowed, f"{name} has no docstring but its class's"
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert example.examples, f"{name}'s docstring has no example"
    report = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert not runner.run(example, out=report.append).failed, "".join(report)


@pytest.mark.parametrize("document", [README, NETWORKS, DRAWING], ids=lambda path: path.name)
def test_examples_of_documents_run_in_order_in_one_session(document, tmp_path, monkeypatch):
    if document == NETWORKS:
        pytest.importorskip("safetensors", reason='safetensors is absent; pip install "chalkgrad[train]" brings it')
    if document == DRAWING:
        try:
            render.program("svg")
        except DotNotFoundError:
            pytest.skip('no dot; pip install "chalkgrad[draw]" brings one')
    monkeypatch.chdir(tmp_path)
    text = document.read_text()
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert blocks, f"{document} shows no Python"
    session: dict[str, Any] = {"__name__": "document"}
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], document, "exec"), session)


@pytest.mark.parametrize("document", [README, *(ROOT / "docs").glob("*.md")], ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = re.findall(r"(?:\]\(|src=\")([^)\"#\s]+)", document.read_text())
    assert not [target for target in targets if "://" not in target and not (document.parent / target).exists()]


def test_every_name_of_networks_and_data_stands_in_their_document():
    shown = set(re.findall(r"\w+", NETWORKS.read_text()))
    names = {name.rpartition(".")[2] for name in NAMES if not name.startswith("autodiff.")}
    assert not names - shown


def test_every_option_of_draw_stands_in_its_document():
    text = DRAWING.read_text()
    table = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    options = [name for name, each in inspect.signature(draw).parameters.items() if each.kind == each.KEYWORD_ONLY]
    assert set(options) <= {name for row in table for name in re.findall(r"`(\w+)`", row)}
