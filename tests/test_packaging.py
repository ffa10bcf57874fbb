"""What an installation brings: three packages, their licence and nothing else, and extras by purpose."""
import configparser
import email
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import autodiff

ROOT = Path(__file__).parent.parent
PACKAGES = ("autodiff", "nn", "datasets")


def modules():
    return [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the sources, so that building leaves nothing here."""
    copy, target = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package)
    for name in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, copy)
    for outside in ("examples", "tests"):
        (copy / outside).mkdir()
        (copy / outside / "__init__.py").touch()
    program = f"from setuptools.build_meta import build_wheel; build_wheel({str(target)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=copy, check=True)
    (path,) = target.iterdir()
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def extras():
    """The lines of each extra in setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return {name: set(lines.split()) for name, lines in parser["options.extras_require"].items()}


def closure(names):
    """These extras and all that they draw in."""
    reached, waiting = set(), list(names)
    while waiting:
        reached.add(name := waiting.pop())
        for requirement in extras()[name]:
            if inner := re.fullmatch(r"chalkgrad\[(.*)\]", requirement):
                waiting.extend(inner[1].split(","))
    return reached


def test_a_wheel_holds_every_module_the_type_markers_and_nothing_else(wheel):
    ours = {path.as_posix() for path in modules()}
    markers = {f"{package}/py.typed" for package in PACKAGES}
    page = {each.relative_to(ROOT).as_posix() for each in (ROOT / "autodiff/drawing/explain/web").iterdir()}
    about = f"chalkgrad-{autodiff.__version__}.dist-info"
    names = ("METADATA", "RECORD", "WHEEL", "top_level.txt", "licenses/LICENSE")
    assert set(wheel.namelist()) == ours | markers | page | {f"{about}/{name}" for name in names}


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in modules()}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()]


def test_metadata_state_name_version_licence_and_python(metadata):
    assert metadata["Name"] == "chalkgrad"
    assert metadata["Version"] == autodiff.__version__
    assert "MIT" in (metadata["License"], metadata["License-Expression"])
    assert metadata["Requires-Python"] == ">=3.11"
    assert (ROOT / "README.md").read_text(encoding="utf-8") in metadata.get_payload(decode=True).decode()


def test_the_core_requires_numpy_and_graphviz_alone(metadata):
    required = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(required) == ["graphviz", "numpy>=2"]


def test_extras_are_named_by_purpose(metadata):
    purposes = {"draw", "data", "train", "plot", "labs", "cluster", "fast", "test", "oracle", "bench", "all"}
    assert set(metadata.get_all("Provides-Extra")) == purposes


def test_all_draws_in_everything_but_oracle_and_bench():
    assert closure(["all"]) == set(extras()) - {"oracle", "bench"}


def test_the_test_extra_needs_neither_pytorch_nor_the_large_compiler():
    assert not {"oracle", "bench", "fast"} & closure(["test"])
