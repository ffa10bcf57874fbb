"""Nothing that the library reads from a file is ever executed: no unpickling, no evaluation, anywhere."""
import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("autodiff", "nn", "datasets", "examples")
# Modules that run what a file says, or whose way to read is unpickling.
MODULES = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "yaml", "runpy",
    "code", "codeop", "imp", "zipimport", "dbm", "torch", "keras", "pandas",
}  # fmt: skip
BUILTINS = {"eval", "exec", "compile", "__import__"}
METHODS = {"read_pickle", "exec_module", "load_module", "spec_from_file_location", "run_path"}
# The engine writes the calls of its primitives and runs what it wrote; no file has a part in it.
ALLOWED = Counter(
    (f"autodiff/{module}.py", name)
    for module, name in (("calling", "exec"), ("calling", "compile"), ("primitive", "eval"), ("primitive", "compile"))
)


def executions(text: str) -> Iterator[str]:
    """Everything in a source by which the content of a file might be executed."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (f"{module}.{each.name}" for each in names if module.partition(".")[0] in MODULES)
                if module == "builtins":
                    yield from (each.name for each in names if each.name in BUILTINS)
            case ast.Name(id=name) if name in BUILTINS:
                yield name
            case ast.Attribute(value=ast.Name(id="builtins"), attr=name) if name in BUILTINS:
                yield name
            case ast.Attribute(attr=name) if name in METHODS:
                yield name
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                if name.partition(".")[0] in MODULES:
                    yield name
            case ast.keyword(arg="allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield "allow_pickle"
            case ast.Constant(value="allow_pickle"):  # as a key of **settings
                yield "allow_pickle"


def test_no_file_is_unpickled_or_executed():
    found: Counter[tuple[str, str]] = Counter()
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert len(paths) > 40, "few sources: has a folder moved?"
    for path in paths:
        found.update((path.relative_to(ROOT).as_posix(), name) for name in executions(path.read_text()))
    assert found == ALLOWED


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "import numpy, pickle as p",
        "from pickle import loads",
        "def f():\n    from joblib import load",
        "import torch.serialization",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "np.load(path, **{'allow_pickle': True})",
        "eval(open(path).read())",
        "exec(text)",
        "run = exec",
        "import builtins\nbuiltins.eval(text)",
        "from builtins import eval as run",
        "__import__('pickle')",
        "importlib.import_module('pickle')",
        "pd.read_pickle(path)",
        "loader.exec_module(module)",
    ],
)
def test_the_search_finds(text):
    assert list(executions(text))


@pytest.mark.parametrize(
    "text",
    [
        "model.eval()",
        "re.compile('x')",
        "ad.compile(step)",
        "np.load(path, allow_pickle=False)",
        "def __getstate__(self): return {}",
        "from .pickle import x",
        "'a pickle, never loaded'",
    ],
)
def test_the_search_lets_pass(text):
    assert not list(executions(text))
