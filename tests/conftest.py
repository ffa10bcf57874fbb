"""What every test shares: how far hypothesis searches, which tests are slow, and a fresh start for each."""
import importlib.metadata
import io
import os
import random
import shutil
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# A deadline would only measure how busy the machine is.
patient = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", patient, max_examples=25)
# For every commit: the same few examples each time.
settings.register_profile("quick", patient, max_examples=3, derandomize=True, database=None)
# A red run is the commit's doing, not the dice's; everybody's own runs explore further.
settings.register_profile("ci", patient, max_examples=50, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")
    parser.addoption(
        "--least-coverage", type=float, metavar="PERCENT", help="fail if any package's tests reach less, with --cov"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.markexpr and not config.option.slow:
        config.option.markexpr = "not slow"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The coverage of each package on its own: a total would let a large one hide what a small one lacks."""
    least = terminalreporter.config.option.least_coverage
    if least is None:
        return
    import coverage

    measured = coverage.Coverage()
    measured.load()
    for package in measured.get_option("run:source"):
        percent = measured.report(include=[f"{package}/*"], file=io.StringIO())
        low = percent < least
        terminalreporter.write_line(
            f"coverage of {package}: {percent:.1f} %" + (f", and needed is {least:g} %" if low else ""), red=low
        )
        if low:
            terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_report_header(config: pytest.Config) -> str:
    """What this machine has of what tests use where present, and skip with a reason where absent."""
    found = {
        "PyTorch": version("torch"),
        "dot": program("dot") or version("graphviz-pure"),
        "compiler": program("cc", "gcc", "clang") or version("ziglang"),
        "browser": program("chromium", "google-chrome"),
        "data": os.environ.get("CHALKGRAD_DATA"),
    }
    return "optional: " + ", ".join(f"{name}: {what or 'ABSENT'}" for name, what in found.items())


def program(*names: str) -> str | None:
    """Where the first of these programs lies."""
    return next(filter(None, map(shutil.which, names)), None)


def version(distribution: str) -> str | None:
    """A distribution and its version if it is installed, without importing it."""
    try:
        return distribution + " " + importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@pytest.fixture(autouse=True)
def fresh_start() -> Iterator[None]:
    """No test draws from what another left: global generators start anew, figures are closed."""
    random.seed(0)
    np.random.seed(0)
    if "nn" in sys.modules:
        sys.modules["nn"].manual_seed(0)
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


# While it is there, a loop of asyncio runs in this process: no tests of other modules may come in between.
@pytest.fixture(scope="module")
def browser():
    """Chromium, launched once for each module of tests of pages."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium is here: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason='playwright is absent; "chalkgrad[test]" brings it')
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()
