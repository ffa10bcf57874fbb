"""Imports point one way, the engine stays light and small, and rooms are named after what is in them."""
import ast
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

import autodiff

ROOT = Path(__file__).parent.parent
PACKAGES = ("autodiff", "nn", "datasets", "examples")
READERS = ("autodiff.drawing", "autodiff.capture")  # they read the graph; the core does without them
# The design's aim is 2,000. The operations, their messages and the checks that were asked for take more; this is where
# they stand, so that they cannot grow without somebody's noticing.
ENGINE_LINES = 3_700


class Import(NamedTuple):
    """One import; `lazy` where it only happens when a function is called."""

    line: int
    module: str
    name: str | None
    lazy: bool

    @property
    def full_name(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def imports(text: str, package: str) -> Iterator[Import]:
    """Every import in the text of a module of `package`, except those for type checkers only."""

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            folders = package.split(".")
            parents = folders[: len(folders) + 1 - node.level] if node.level else []
            module = ".".join([*parents, *filter(None, [node.module])])
            yield from (Import(node.lineno, module, alias.name, lazy) for alias in node.names)
        children = ast.iter_child_nodes(node)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            children = iter(node.orelse)
        for child in children:
            yield from visit(child, lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    return visit(ast.parse(text), False)


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def engine() -> list[Path]:
    readers = [path for reader in READERS for path in sources(reader.replace(".", "/"))]
    return [path for path in sources("autodiff") if path not in readers]


def imports_of(path: Path) -> list[Import]:
    return list(imports(path.read_text(), ".".join(path.relative_to(ROOT).parent.parts)))


def forbidden(paths: list[Path], is_wrong) -> list[str]:
    """Where, and what, for every import that is wrong."""
    assert paths, "nothing to look at: has a folder moved?"
    found = [(path.relative_to(ROOT), each) for path in paths for each in imports_of(path) if is_wrong(each)]
    return [f"{path}:{each.line} imports {each.full_name}" for path, each in found]


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("autodiff", {"nn", "datasets", "examples", "tests", "benchmarks"}),
        ("datasets", {"autodiff", "nn", "examples", "tests", "benchmarks"}),
        ("nn", {"datasets", "examples", "tests", "benchmarks"}),
        ("examples", {"tests", "benchmarks"}),
    ],
)
def test_imports_point_one_way(package, never):
    assert not forbidden(sources(package), lambda each: each.module.partition(".")[0] in never)


def test_nn_imports_only_public_names_of_the_engine():
    public = {"autodiff", *(f"autodiff.{name}" for name in autodiff.__all__)}
    assert not forbidden(
        sources("nn"), lambda each: f"{each.module}.".startswith("autodiff.") and each.full_name not in public
    )


def test_nn_reaches_only_public_names_through_the_package():
    reached = [
        f"{path.relative_to(ROOT)}:{node.lineno} uses autodiff.{node.attr}"
        for path in sources("nn")
        for node in attributes_of("autodiff", path)
        if node.attr not in autodiff.__all__
    ]
    assert not reached


def attributes_of(module: str, path: Path) -> list[ast.Attribute]:
    """Every `module.name` in a file, whatever the file calls the module."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    aliases = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names = {alias.asname or alias.name for alias in aliases if alias.name == module}
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    return [node for node in attributes if isinstance(node.value, ast.Name) and node.value.id in names]


def test_the_core_loads_drawing_and_capture_only_on_first_use():
    readers = tuple(f"{reader}." for reader in READERS)
    assert not forbidden(engine(), lambda each: not each.lazy and f"{each.full_name}.".startswith(readers))
    assert not [name for name in modules_loaded_by("import autodiff") if f"{name}.".startswith(readers)]


@pytest.mark.parametrize(("package", "below"), [("autodiff", "numpy"), ("nn", "autodiff"), ("datasets", "numpy")])
def test_importing_a_package_loads_only_what_lies_below_it(package, below):
    added = packages_loaded_by(f"import {package}") - packages_loaded_by(f"import {below}, numpy.random")
    assert package in added
    assert added <= {package} | sys.stdlib_module_names


def packages_loaded_by(statement: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_loaded_by(statement)}


def modules_loaded_by(statement: str) -> set[str]:
    """The modules that a statement adds to those of a bare interpreter."""
    program = f"import sys; bare = set(sys.modules); {statement}; print(*set(sys.modules) - bare)"
    command = [sys.executable, "-c", program]
    return set(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split())


def test_the_engine_stays_within_its_lines_of_code():
    counts = {str(path.relative_to(ROOT)): len(lines_of_code(path.read_bytes())) for path in engine()}
    assert 0 < sum(counts.values()) <= ENGINE_LINES, f"{sum(counts.values())} lines: {counts}"


def lines_of_code(text: bytes) -> set[int]:
    """The numbers of the lines that hold more than a comment, a docstring or nothing."""
    silent = {"ENCODING", "COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}
    lines = set()
    for token in tokenize.tokenize(BytesIO(text).readline):
        if tokenize.tok_name[token.type] not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def test_lines_of_code_leave_out_comments_docstrings_and_blank_lines():
    text = b'''"""A docstring
of two lines."""

# why
x = """a value
of two lines"""  # code

def f():
    """Doc."""
    return (
        x)
'''
    assert lines_of_code(text) == {5, 6, 8, 10, 11}


def test_imports_are_found_wherever_they_stand():
    text = """
import a.b
from . import c
from ..above import d as renamed
if TYPE_CHECKING:
    import unseen
else:
    import e
class C:
    def f():
        if True:
            from g import h
"""
    found = [(each.full_name, each.lazy) for each in imports(text, "house.room")]
    assert found == [
        ("a.b", False), ("house.room.c", False), ("house.above.d", False), ("e", False), ("g.h", True)
    ]  # fmt: skip


def test_no_module_is_named_after_leftovers():
    vague = {"utils", "util", "helpers", "helper", "misc", "common"}
    modules = [path for package in (*PACKAGES, "tests", "benchmarks") for path in sources(package)]
    assert not [path for path in modules if vague.intersection(path.relative_to(ROOT).with_suffix("").parts)]
