"""The command line of the labs: list the experiments, run some of them, make the page and the kept results."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .experiment import Experiment, Records, chosen, experiments

PROGRAM = "python -m examples labs"
INTERRUPTED = 130

EPILOG = f"""\
examples:
  {PROGRAM}                          list all experiments
  {PROGRAM} run tnm112-1.3           one experiment, and its page
  {PROGRAM} run ee6132 --jobs 2      all experiments that begin with ee6132, two runs at a time
  {PROGRAM} run --all --quick        a subset of everything, in two minutes on two cores
  {PROGRAM} run --all                everything (hours); Ctrl-C stops it, the same command goes on
"""


def add(programs: Any, at_least: Callable[[int], Callable[[str], int]]) -> None:
    """Add the program to those of `python -m examples`; `at_least` makes converters of whole numbers."""
    parser = programs.add_parser(
        "labs",
        help="five university lab reports, every experiment run again beside the report's numbers (`labs` lists them)",
        description="Run the experiments of five university lab reports again, and put our numbers beside theirs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=list_all, out=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    lists = commands.add_parser("list", help="list all experiments: what they ask, how large they are (the default)")
    lists.set_defaults(run=list_all)
    runs = commands.add_parser(
        "run",
        help="run experiments, keep every finished run, and make the page",
        description="Run experiments. Finished runs are kept, one file each; only what is missing is run. Ctrl-C stops "
        "soon and saves; the same command goes on, in the middle of a training too.",
        epilog="On other machines: examples.labs.run_all(runs, folder, executor=...) takes any concurrent.futures "
        "executor, such as those of dask.distributed (extra `cluster`) and mpi4py; this command then finds its files.",
    )
    runs.set_defaults(run=run)
    runs.add_argument("names", nargs="*", metavar="IDENT", help="an identifier, or the beginning of several")
    runs.add_argument("--all", action="store_true", dest="every", help="all experiments")
    runs.add_argument("--quick", action="store_true", help="a subset of settings, one seed: seconds for each")
    runs.add_argument(
        "--seeds", type=at_least(1), metavar="N", help="so many seeds (default: what each experiment says)"
    )
    runs.add_argument(
        "--jobs", type=at_least(1), default=1, metavar="N", help="so many runs at the same time (default: 1)"
    )
    page = commands.add_parser("page", help="make index.html anew from the runs that are there")
    page.set_defaults(run=page_only)
    results = commands.add_parser(
        "results",
        help="write the tables of a full run to RESULTS.md and results.json, which the repository keeps",
        description="Write the tables of a full run to RESULTS.md, and the numbers that they are made of to "
        "results.json. A test computes the one from the other, and notices when experiments have changed since.",
    )
    results.set_defaults(run=keep_results)
    results.add_argument(
        "--to", type=Path, metavar="DIR", default=Path(__file__).parent, help="where to (default: beside the labs)"
    )
    results.add_argument("--partial", action="store_true", help="also where runs are missing; RESULTS.md lists them")
    for each in (lists, runs, page, results):
        each.add_argument("--out", type=Path, metavar="DIR", help="folder of runs and page (default: out/labs)")


# What one can type.


def list_all(out: Path) -> int:
    """Print every experiment: identifier, report, question, number of runs, expected time."""
    every = list(experiments().values())
    width = max(60, min(110, shutil.get_terminal_size().columns))
    margin = max(len(each.identifier) for each in every) + 2
    for each in every:
        lines = [
            *textwrap.wrap(f"{each.report}: {each.title}", width - margin),
            *textwrap.wrap(each.question, width - margin),
            f"{_size(each)}, about {spoken(each.seconds * each.seeds)}",
        ]
        print(f"{each.identifier:<{margin}}" + f"\n{'':{margin}}".join(lines) + "\n")
    runs = sum(len(each.runs()) for each in every)
    seconds = sum(each.seconds * each.seeds for each in every)
    print(
        f"{len(every)} experiments, {runs:,} runs, about {spoken(seconds)} on one core; a run that several ask for "
        f"is made once.\n`{PROGRAM} run IDENT …` runs some, `run --all` all, and `run --all --quick` a subset of each."
    )
    return 0


def run(
    out: Path, names: Sequence[str], every: bool = False, quick: bool = False, seeds: int | None = None, jobs: int = 1
) -> int:
    """Run experiments and make the page; the exit code."""
    from .progress import Progress
    from .runner import RunsFailedError, run_all

    if bool(names) == every:
        _complain(
            "name the experiments to run, or --all of them, and not both." if names or every else
            f"which experiments? Name some, or --all; `{PROGRAM}` lists them."
        )  # fmt: skip
        return 2
    if quick and seeds is not None:
        _complain("--quick has one seed; leave --seeds or --quick out.")
        return 2
    try:
        selected = chosen(names) if names else list(experiments().values())
    except ValueError as error:
        _complain(str(error))
        return 2
    wanted = [(each, asked) for each in selected for asked in each.runs(seeds, quick)]
    slow = [each.identifier for each in selected if quick and not each.quick]
    if slow:
        _complain(f"{', '.join(slow)}: nothing of it is quick, so it is left out; without --quick it is run.")
    if not wanted:
        return 2
    code = 0
    try:
        with Progress(wanted) as progress:
            try:
                run_all([asked for _, asked in wanted], out / "runs", jobs=jobs, done=progress.done, say=progress.say)
            except RunsFailedError as error:
                progress.say(f"\n{error}")
                code = 1
        # Of a few experiments, new processes would take longer to start than to draw.
        _report(selected, out, quick, jobs if len(selected) > 3 else 1)
    except KeyboardInterrupt:
        print(
            "\nStopped. Finished runs are kept, and a training that was running has saved where it was: the same "
            "command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    return code


def page_only(out: Path) -> int:
    """Make the page from the runs that are there."""
    _report([], out, quick=False, jobs=1)
    return 0


def keep_results(out: Path, to: Path, partial: bool = False) -> int:
    """Write RESULTS.md and results.json from the runs that are there."""
    from .results import write_results

    try:
        written = write_results(out / "runs", to, partial)
    except ValueError as error:
        _complain(str(error))
        return 1
    print(*written, sep="\n")
    return 0


# What is printed.


def _report(selected: Sequence[Experiment], out: Path, quick: bool, jobs: int) -> None:
    from .page import make_page
    from .tables import as_text, records_of

    for each in selected:
        records: Records = records_of(each, out / "runs", quick)
        print(as_text(each, records, quick))
    print(make_page(out, quick=quick, jobs=jobs))


def _complain(message: str) -> None:
    print(f"{PROGRAM}: {message.removeprefix('labs: ')}", file=sys.stderr)


def _size(each: Experiment) -> str:
    runs, settings = len(each.runs()), len(each.settings)
    words = f"{settings} setting{'s' * (settings > 1)} × {each.seeds} seed{'s' * (each.seeds > 1)}"
    return f"{runs} run{'s' * (runs > 1)} ({words})"


def spoken(seconds: float) -> str:
    """A length of time as one says it.

    >>> spoken(0.4), spoken(75), spoken(4000)
    ('1 s', '1 min 15 s', '1 h 7 min')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole < 600 and whole % 60 else "")
    minutes = round(whole / 60)
    return f"{minutes // 60} h {minutes % 60} min"
