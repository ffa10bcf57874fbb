"""What is measured, against whom, with which command: `python -m benchmarks --help`.

The engine's training steps are timed next to hand-derived NumPy steps, interleaved in one process, on one thread.
Timings are a report; no test depends on them.
"""
