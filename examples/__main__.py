"""The command line: choose a program and where its pictures go."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# These networks are small: a second thread would wait more than it works, and on a busy machine slow everything down
# twentyfold. It must be said before NumPy loads its BLAS.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program named on the command line."""
    from . import quickstart

    programs = {"quickstart": quickstart.run}
    parser = argparse.ArgumentParser(
        prog="python -m examples",
        description="quickstart   train an MLP on a cloud and a ring of points, and a small convolutional network\n"
        "             on real handwritten digits, and draw what happened (less than a minute)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "program", nargs="?", default="quickstart", choices=list(programs), help="what to run (default: quickstart)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for pictures (default: out/PROGRAM)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed, the same result (default: 0)")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"argument --seed: must be at least 0, and is {options.seed}")
    try:
        programs[options.program](options.out or Path("out") / options.program, options.seed)
    except ImportError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
