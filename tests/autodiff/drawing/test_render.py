"""Pictures come from the system's dot, where there is none from graphviz-pure, else an error says how to get one."""
import importlib.metadata
import os
import stat
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import graphviz
import numpy
import pytest
from graphviz.backend import dot_command

import autodiff as ad
from autodiff.drawing import DotNotFoundError, render

ROOT = Path(__file__).parents[3]

needs_dot = pytest.mark.skipif(
    render.system_dot() is None and render.packaged_dot() is None, reason="neither dot nor graphviz-pure is here"
)
needs_package = pytest.mark.skipif(render.packaged_dot() is None, reason="graphviz-pure is not installed")


@pytest.fixture
def drawing():
    x = ad.Tensor([1.0, 2.0], requires_grad=True, name="x")
    return ad.draw(ad.sum(x * x))


def program_named_dot(folder: Path, said: str = "<svg/>", status: int = 0) -> Path:
    """An executable `dot` that notes how it was called and says something."""
    folder.mkdir(exist_ok=True)
    path = folder / "dot"
    stream = ">&2" if status else ""
    path.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\n/bin/cat > "{folder}/input"\n'
                    f"echo '{said}' {stream}\nexit {status}\n")  # fmt: skip
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def only_packaged(monkeypatch, tmp_path):
    """A machine whose system has no dot."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


@pytest.fixture
def neither(monkeypatch, only_packaged):
    monkeypatch.setattr(render, "packaged_dot", lambda: None)


def test_the_system_s_dot_is_preferred(drawing, monkeypatch, tmp_path):
    program_named_dot(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert drawing.pipe("svg") == b"<svg/>\n"
    assert (tmp_path / "bin/input").read_text() == drawing.source
    assert "-Tsvg" in (tmp_path / "bin/calls").read_text()


def test_a_dot_that_the_graphviz_package_was_pointed_to_is_followed(drawing, monkeypatch, tmp_path):
    chosen = program_named_dot(tmp_path / "elsewhere", said="chosen")
    monkeypatch.setattr(dot_command, "DOT_BINARY", chosen)
    assert drawing.pipe("pdf") == b"chosen\n"


def test_the_system_s_dot_makes_pdf(drawing, monkeypatch, tmp_path):
    program_named_dot(tmp_path / "bin", said="%PDF")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert drawing.save(tmp_path / "graph.pdf").read_bytes() == b"%PDF\n"


@needs_package
def test_without_a_system_dot_graphviz_pure_makes_svg_and_png(drawing, only_packaged):
    before = dot_command.DOT_BINARY
    ElementTree.fromstring(drawing.pipe("svg"))
    assert drawing.pipe("png").startswith(b"\x89PNG")
    assert dot_command.DOT_BINARY is before


def test_an_executable_of_graphviz_pure_that_pip_did_not_install_is_found_by_its_name(monkeypatch, tmp_path):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", missing)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render.packaged_dot() is None
    other = program_named_dot(tmp_path).rename(tmp_path / "graphviz-pure")
    assert render.packaged_dot() == str(other)


@needs_package
def test_pdf_without_a_system_dot_says_what_it_needs(drawing, only_packaged, tmp_path):
    with pytest.raises(DotNotFoundError, match=r"PDF needs the system's Graphviz.*SVG and PNG only"):
        drawing.save(tmp_path / "graph.pdf")
    assert not list(tmp_path.glob("*graph*"))


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_without_any_program_the_error_says_how_to_get_one(drawing, neither, format):
    with pytest.raises(DotNotFoundError, match=r'pip install "chalkgrad\[draw\]".*drawing.source'):
        drawing.pipe(format)


def test_on_a_machine_that_has_neither_the_source_works_and_notebooks_show_text(tmp_path):
    for package in (numpy, graphviz):
        folder = Path(package.__file__).parent
        for found in folder.parent.glob(folder.name + "*"):
            if found.suffix != ".dist-info":
                (tmp_path / found.name).symlink_to(found)
    script = """
import sys
sys.path[:0] = sys.argv[1:]
import autodiff as ad
x = ad.Tensor(3.0, requires_grad=True, name="x")
drawing = ad.draw(x * x)
bundle = drawing._repr_mimebundle_()
assert list(bundle) == ["text/plain"] and "chalkgrad[draw]" in bundle["text/plain"], bundle
assert drawing.save("graph.dot").read_text() == drawing.source
try:
    drawing.save("graph.svg")
except ad.drawing.DotNotFoundError as error:
    print(error)
"""
    command = [sys.executable, "-I", "-S", "-c", script, str(ROOT), str(tmp_path)]
    environment = {**os.environ, "PATH": str(tmp_path / "nothing")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'pip install "chalkgrad[draw]"' in done.stdout
    assert (tmp_path / "graph.dot").exists()
    assert not (tmp_path / "graph.svg").exists()


def test_a_program_that_fails_is_quoted_and_leaves_the_old_picture(drawing, monkeypatch, tmp_path):
    program_named_dot(tmp_path / "bin", said="syntax error in line 1", status=1)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    target = tmp_path / "graph.svg"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="syntax error in line 1"):
        drawing.save(target)
    assert target.read_text() == "old"
    assert list(drawing._repr_mimebundle_()) == ["text/plain"]


def test_saving_is_all_or_nothing(drawing, monkeypatch, tmp_path):
    target = tmp_path / "graph.dot"
    target.write_text("old")

    def interrupted(self, data):
        with open(self, "wb") as file:
            file.write(data[:10])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            drawing.save(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]
    assert drawing.save(str(target)) == target
    assert target.read_text() == drawing.source


@pytest.mark.parametrize("name", ["graph.jpg", "graph", "graph.", ".svg"])
def test_other_endings_are_refused_before_anything_is_written(drawing, tmp_path, name):
    with pytest.raises(ValueError, match="svg, png, pdf and dot"):
        drawing.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@needs_dot
def test_notebooks_show_svg_with_a_text_to_fall_back_on(drawing):
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert ElementTree.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    assert bundle["text/plain"] == repr(drawing)


@needs_dot
def test_a_png_has_twice_the_pixels_of_a_plain_screen(drawing, tmp_path):
    svg = ElementTree.fromstring(drawing.pipe("svg"))
    width = int.from_bytes(drawing.save(tmp_path / "graph.PNG").read_bytes()[16:20], "big")
    assert width == pytest.approx(2 * float(svg.get("width").removesuffix("pt")), rel=0.02)


@needs_dot
def test_a_png_is_no_longer_than_programs_open():
    tall = render.render("digraph { ranksep=300; node [shape=point]; a -> b }", "png")
    assert 20_000 < int.from_bytes(tall[20:24], "big") < 2**15


def test_a_folder_that_is_not_there_is_named(drawing, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*pictures"):
        drawing.save(tmp_path / "pictures" / "graph.dot")
