"""Every cell of the notebooks runs in a real kernel, and every exercise knows right from wrong and from unfinished.

The notebooks hold questions only: their answers stand here. In the kernel of a notebook that has run to its end, each
exercise is answered once more, rightly and wrongly."""
import ast
import copy
import doctest
import functools
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from autodiff.drawing import DotNotFoundError
from autodiff.drawing.render import program

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

nbformat, nbclient = (
    pytest.importorskip(module, reason=f'{module} is absent; pip install "chalkgrad[test]" brings it')
    for module in ("nbformat", "nbclient")
)
for module in ("ipykernel", "matplotlib"):
    pytest.importorskip(module, reason=f'{module} is absent; pip install "chalkgrad[test]" brings it')


class Answer(NamedTuple):
    """What a student may write in an exercise; `reported` is found in what the check says to a wrong answer."""

    exercise: str
    functions: str
    reported: str = ""


RIGHT = [
    Answer("cube", "def cube_rule(g, x): return g * 3 * x**2"),
    Answer("logistic", "def logistic_rule(g, out): return g * out * (1 - out)"),
    Answer(
        "paths",
        "def rule_of_a(g, a, b): return g * (b + np.cos(a))\n"
        "def rule_of_b(g, a, b): return g * a",
    ),
    Answer("mean", "def mean_rule(g, x): return np.ones_like(x) * g / len(x)"),
    Answer(
        "scale",
        "def rule_of_x(g, x, scale): return g * scale\n"
        "def rule_of_scale(g, x, scale): return (g * x).sum(axis=1, keepdims=True)",
    ),
    Answer(
        "layer",
        "def rule_of_input(g, weight): return g @ weight.T\n"
        "def rule_of_weight(g, x): return x.T @ g\n"
        "def rule_of_bias(g): return g.sum(axis=0)",
    ),
    Answer("relu", "def relu_rule(g, x): return g * (x > 0)"),
    Answer("decay", "def decay_rule(g, weight): return g * weight"),
    Answer("entropy", "def cross_entropy_rule(g, scores): return g * (softmax(scores) - np.eye(2)[classes])"),
    Answer("curvature", "def curvature_rule(g, x): return g * (2 * np.cos(x) - x * np.sin(x))"),
    Answer("matrix", "def hessian_rule(g, x): return g @ np.array([[2 * x[1], 2 * x[0]], [2 * x[0], 6 * x[1]]])"),
    Answer(
        "vector",
        "def hessian_times(g, x): return ad.grad(lambda p: (ad.grad(long_valley)(p) * g).sum())(x)",
    ),
]  # fmt: skip

WRONG = [
    Answer("cube", "def cube_rule(g, x): return g * 2 * x**2", "element ()\n"),
    Answer("cube", "def cube_rule(g, x): return 3 * x**2", "element ()\n"),
    Answer("cube", "def cube_rule(g, x): g * 3 * x**2", "Does it end with `return`"),
    Answer("cube", "def cube_rule(g, x): return g * 3 * z**2", "`cube_rule` stopped with NameError"),
    Answer("cube", "def cube_rule(g, y): return g * 3 * y**2", "it asks for ['y']"),
    Answer("cube", "def cube_rule(g, x): return g * 6 * x", "`x` = 1.7"),  # right at the first point, 2
    Answer("cube", "def cube_rule(g, x): return g * ad.grad(lambda z: z**3)(x)", "lets the engine do the work"),
    Answer("cube", "def cube_rule(g, x): return [g * 3 * x**2]", "returns the shape (1,)"),
    Answer("cube", "def cube_rule(g, x): return 'g * 3 * x**2'", "holds no real numbers"),
    Answer("logistic", "def logistic_rule(g, out): return -g * out * (1 - out)", "the sign is wrong"),
    Answer(
        "paths", "def rule_of_a(g, a, b): return g * b\ndef rule_of_b(g, a, b): return g * a", "`rule_of_a` is off"
    ),
    Answer("mean", "def mean_rule(g, x): return np.ones_like(x) * g", "factor 3"),
    Answer("mean", "def mean_rule(g, x): return g / len(x)", "returns the shape (2,)"),
    Answer(
        "scale",
        "def rule_of_x(g, x, scale): return g * scale\n"
        "def rule_of_scale(g, x, scale): return (g * x)[:, :1]",
        "`rule_of_scale` is off",
    ),
    Answer(
        "layer",
        "def rule_of_input(g, weight): return g @ weight.T\n"
        "def rule_of_weight(g, x): return x.T @ g\n"
        "def rule_of_bias(g): return g",
        "`rule_of_bias` returns the shape (4, 2)",
    ),
    Answer("layer", "def rule_of_input(g, weight): return g @ weight", "`rule_of_input` stopped with ValueError"),
    Answer("relu", "def relu_rule(g, x): return g * (x > -1)", "element (1,)"),
    Answer("relu", "def relu_rule(g, x): return x > 0", "element ("),
    Answer("decay", "def decay_rule(g, weight): return g * 2 * weight", "counted twice"),
    Answer("entropy", "def cross_entropy_rule(g, scores): return g * softmax(scores)", "element (0, 0)"),
    Answer("curvature", "def curvature_rule(g, x): return g * (np.cos(x) - x * np.sin(x))", "element ()\n"),
    Answer(
        "curvature",
        "def curvature_rule(g, x):\n"
        "    tensor = ad.Tensor(x, requires_grad=True)\n"
        "    (np.sin(tensor) + tensor * np.cos(tensor)).backward()\n"
        "    return g * tensor.grad.data",
        "lets the engine do the work",
    ),
    Answer(
        "matrix", "def hessian_rule(g, x): return g @ np.array([[2 * x[1], 2 * x[0]], [2 * x[0], 6 * x[0]]])",
        "element (1,)",
    ),
    Answer("vector", "def hessian_times(g, x): return ad.grad(long_valley)(x) * g", "element ("),
    Answer("vector", "def hessian_times(g, x): return ad.hvp(long_valley, (x,), (g,))[0]", "lets `ad.hvp` do the work"),
    Answer("vector", "def hessian_times(g, x): return ad.hessian(long_valley)(x) @ g", "lets `ad.hessian` do the work"),
]  # fmt: skip


@functools.cache
def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def exercises(path):
    return {cell.id: cell for cell in read(path).cells if "exercise" in cell.metadata.get("tags", [])}


EXERCISES = {name: (path, cell) for path in NOTEBOOKS for name, cell in exercises(path).items()}


def answered(answer):
    """The code of an exercise with the student's functions in the place of the unfinished ones."""
    _, cell = EXERCISES[answer.exercise]
    lines = cell.source.splitlines()
    found = {node.name: node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)}
    for function in reversed(ast.parse(answer.functions).body):
        place = found[function.name]
        lines[place.lineno - 1 : place.end_lineno] = [ast.unparse(function)]
    return "\n".join(lines)


@functools.cache
def executed(path, folder):
    """The cells of a notebook with their outputs, and the answers to its exercises, given after its last cell."""
    notebook = copy.deepcopy(read(path))
    answers = [answer for answer in (*RIGHT, *WRONG) if EXERCISES[answer.exercise][0] == path]
    notebook.cells += [nbformat.v4.new_code_cell(answered(answer)) for answer in answers]
    # The student's own settings, and the plots of the tests, stay out of it.
    settings = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"} | settings
    client = nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute(env=environment)
    return notebook.cells[: -len(answers)], dict(zip(answers, notebook.cells[-len(answers) :]))


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jupyter")
    return lambda path: executed(path, folder)


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def shown(cell, kind):
    return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]


def test_there_are_four_notebooks_and_the_readme_names_each():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(NOTEBOOKS) == 4
    assert set(re.findall(r"\(([^)]+\.ipynb)\)", text)) == {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_has_a_title_stable_ids_and_stores_no_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith(f"# {notebook.metadata.title}\n")
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", cell.id) for cell in notebook.cells)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count is not None]
    assert set(notebook.metadata) == {"title", "kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_to_other_files(path):
    texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    targets = [target for text in texts for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert not [target for target in targets if not (FOLDER / target).exists()]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_a_question_first_and_ends_with_two_or_three_exercises(path):
    notebook = read(path)
    assert "**The question.**" in notebook.cells[0].source
    assert 2 <= len(exercises(path)) <= 3
    (start,) = [i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Exercises")]
    assert {cell.id for cell in notebook.cells[start:]} >= set(exercises(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_the_first_cell_to_the_last_and_complains_of_nothing(path, run):
    cells, _ = run(path)
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_the_drawing_of_a_graph(path, run):
    try:
        program("svg")
    except DotNotFoundError:
        pytest.skip('no dot; pip install "chalkgrad[draw]" brings one')
    cells, _ = run(path)
    drawn = [cell for cell in cells if "ad.draw(" in cell.source]
    assert drawn
    for cell in drawn:
        (picture,) = shown(cell, "image/svg+xml")
        assert picture.rstrip().endswith("</svg>")
        (named,) = re.findall(r"params=\{(.*)\}", cell.source) or [""]
        assert not [name for name in re.findall(r'"(\w+)":', named) if f">{name}<" not in picture]


def loaded(name):
    """A module that lies beside the notebooks."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["exercises", "stepping"])
def test_examples_beside_the_notebooks_are_true(name):
    failed, tried = doctest.testmod(loaded(name), optionflags=doctest.ELLIPSIS)
    assert tried
    assert not failed


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x: [[float(g[0]) / 3, float(g[1]) / 3]] * 3,
        lambda g, x: np.broadcast_to(g / len(x), x.shape),
        lambda g, x: np.divide(g, 3, out=g) + np.zeros_like(x),
        lambda g: np.float32([[1 / 4] * 2] * 3) * 4 / 3 * g,
    ],
    ids=["lists", "a view", "in place", "single precision"],
)
def test_a_right_answer_may_be_written_in_any_way(rule, capsys):
    loaded("exercises").check(lambda x: x.mean(axis=0), rule, at=[np.arange(6.0).reshape(3, 2)])
    assert capsys.readouterr().out.startswith("Correct: ")


def test_a_check_leaves_a_profiler_where_it_was():
    seen = []
    sys.setprofile(lambda frame, event, argument: seen.append(event))
    try:
        loaded("exercises").check(lambda x: x * x, lambda g, x: g * 2 * x, at=[2.0])
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)
    assert seen


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "second" not in path.name], ids=lambda path: path.stem)
def test_a_notebook_steps_through_its_own_program_in_a_browser(path, run, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium is here: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason='playwright is absent; "chalkgrad[test]" brings it')
    (frame,) = [frame for cell in run(path)[0] if "step_through(" in cell.source for frame in shown(cell, "text/html")]
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{frame}", encoding="utf-8")
    complaints = []
    with (
        sync_api.sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page(offline=True)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "notebook.html").as_uri())
        inside = page.frame_locator("iframe")
        inside.locator("#last").click()
        assert "differs" not in inside.locator("#panel").text_content()
        assert inside.locator("#results .engine").count() >= 1
    assert complaints == []


def test_the_network_learns_what_a_line_cannot(run):
    (path,) = [path for path in NOTEBOOKS if "spirals" in path.name]
    cells, _ = run(path)
    texts = {cell.id: printed(cell) for cell in cells if cell.cell_type == "code"}
    line, network = (
        int(re.search(r"(\d+)% of the test points", texts[name])[1]) for name in ("line-code", "network-code")
    )
    assert line < 70
    assert network >= 97
    pictures = [cell.id for cell in cells if cell.cell_type == "code" and shown(cell, "image/png")]
    assert pictures == ["data-code", "boundary-code", "history-code"]


def test_newtons_method_and_products_with_the_hessian_arrive(run):
    (path,) = [path for path in NOTEBOOKS if "second" in path.name]
    cells, _ = run(path)
    texts = {cell.id: printed(cell) for cell in cells if cell.cell_type == "code"}
    assert float(texts["newton-code"].split()[-1]) < 1e-8
    assert "whole Hessian: True" in texts["product-code"]
    assert float(re.findall(r"value +(\S+),", texts["solve-code"])[-1]) < 1e-6


@pytest.mark.parametrize("name", EXERCISES)
def test_an_unfinished_exercise_says_what_to_do(name, run):
    path, cell = EXERCISES[name]
    cells, _ = run(path)
    (said,) = [printed(cell) for cell in cells if cell.id == name]
    (first, *_) = re.findall(r"^def (\w+)\(g", cell.source, re.MULTILINE)
    assert said == f"To do: put your answer in the place of `...` in `{first}`, and run the cell again.\n"


def test_every_exercise_is_answered_here_rightly_and_wrongly():
    assert [answer.exercise for answer in RIGHT] == list(EXERCISES)
    assert {answer.exercise for answer in WRONG} == set(EXERCISES)


@pytest.mark.parametrize("answer", RIGHT, ids=lambda answer: answer.exercise)
def test_a_right_answer_is_confirmed(answer, run):
    _, answers = run(EXERCISES[answer.exercise][0])
    said = printed(answers[answer])
    assert said.startswith("Correct: ")
    assert all(f"`{function.name}`" in said for function in ast.parse(answer.functions).body)


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: f"{answer.exercise}-{answer.reported.strip()}")
def test_a_wrong_answer_is_told_what_is_off(answer, run):
    _, answers = run(EXERCISES[answer.exercise][0])
    said = printed(answers[answer])
    assert said.startswith(("Not yet: ", "To do: "))
    assert answer.reported in said
    if "element" in answer.reported:  # then it is gradcheck that speaks
        assert re.search(r"gradcheck: input \d .*\n  analytical .*\n  numerical ", said)
