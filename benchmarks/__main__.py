"""The command line: choose workloads, measure them interleaved, print a table and write it as Markdown and JSON."""

from __future__ import annotations

import argparse
import os
import sys

# One thread, so that neither a spinning pool nor a neighbour decides. It must be set before NumPy loads its BLAS.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line."""
    from . import imports, reference, report, timing, workloads

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time training steps of this engine against hand-derived NumPy steps, interleaved, on one thread.",
        epilog="The reference steps are read from the folder that the environment variable CHALKGRAD_BASELINES names "
        "(common.py, fw_numpy.py); without it their columns are left out, and the table says so.",
    )
    parser.add_argument("names", nargs="*", metavar="workload", help=f"any of {', '.join(workloads.ALL)}, import")
    parser.add_argument("--rounds", type=int, default=40, help="paired measurements per workload (default: 40)")
    parser.add_argument("--out", default="out/benchmarks", help="folder for the table (default: out/benchmarks)")
    options = parser.parse_args(arguments)
    names = options.names or [*workloads.ALL, "import"]
    unknown = [name for name in names if name not in workloads.ALL and name != "import"]
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}; there are {', '.join(workloads.ALL)} and import")

    if options.rounds < 1:
        parser.error(f"argument --rounds: must be at least 1, and is {options.rounds}")
    try:
        reference.folder()
    except FileNotFoundError as error:
        parser.error(str(error))

    rows = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        if name == "import":
            rows.append(imports.measure(options.rounds))
        else:
            rows.append(timing.measure(workloads.ALL[name], options.rounds))
    report.write(rows, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
