"""The command line: choose a program and where its pictures go."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

# These networks are small: a second thread would wait more than it works, and on a busy machine slow everything down
# twentyfold. It must be said before NumPy loads its BLAS.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program named on the command line; the quickstart, if none is."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    parser = commands()
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments = ["quickstart", *arguments]
    options = vars(parser.parse_args(arguments))
    name, run = options.pop("program"), options.pop("run")
    out = options.pop("out") or Path("out") / name
    try:
        code = run(out, **options)
    except (ImportError, OSError) as error:
        print(f"{parser.prog} {name}: {error}", file=sys.stderr)
        return 1
    return code if isinstance(code, int) else 0


def commands() -> argparse.ArgumentParser:
    """The programs, and what each can be told."""
    from . import drawings, mnist, quickstart
    from .labs import commands as labs

    parser = argparse.ArgumentParser(prog="python -m examples", description="Programs to run and to read.")
    programs = parser.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    first = programs.add_parser(
        "quickstart",
        help="train an MLP on a cloud and a ring of points, and a small convolutional network on real handwritten "
        "digits, and draw what happened (less than a minute; the default)",
    )
    first.set_defaults(run=quickstart.run)
    second = programs.add_parser(
        "mnist",
        help="train the MLP 784-500-250-100-10 and a small convolutional network on MNIST, and end with a table "
        "(five minutes; interrupted, it continues where it stopped)",
    )
    second.set_defaults(run=mnist.run)
    second.add_argument(
        "--only", nargs="+", choices=list(mnist.NETWORKS), default=list(mnist.NETWORKS), help="train only these"
    )
    second.add_argument(
        "--root", type=Path, metavar="DIR", help="folder of MNIST's four files (default: where datasets.mnist looks)"
    )
    second.add_argument("--samples", type=at_least(1), metavar="N", help="learn from so many digits only")
    third = programs.add_parser(
        "drawings",
        help="draw the graphs of five small programs, make pages that step through three of them, and an index of it "
        "all (seconds; the quickstart does it too)",
    )
    third.set_defaults(run=drawings.run)
    for program in (first, second, third):
        program.add_argument("--out", type=Path, metavar="DIR", help="folder for what is made (default: out/PROGRAM)")
        program.add_argument(
            "--seed", type=at_least(0), default=0, metavar="N", help="the same seed, the same result (default: 0)"
        )
    labs.add(programs, at_least)
    return parser


def at_least(least: int) -> Callable[[str], int]:
    """A converter of arguments that refuses smaller numbers."""

    def whole_number(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, and is {number}")
        return number

    whole_number.__name__ = "whole number"
    return whole_number


if __name__ == "__main__":
    sys.exit(main())
