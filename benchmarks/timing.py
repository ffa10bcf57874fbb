"""Interleaved timing: in every round each competitor runs once, so that a slow moment of the machine hits them all."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field

from . import reference
from .workloads import Loop, Workload


@dataclass
class Row:
    """One line of the table: medians in microseconds, and the paired ratios to the reference."""

    name: str
    what: str
    ours: float
    cpu: float
    hand: float | None
    target: float | None
    unit: str = "µs"
    ratios: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """The median of the paired ratios."""
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def quartiles(self) -> tuple[float, float] | None:
        """The first and third quartile of the paired ratios."""
        if len(self.ratios) < 2:
            return None
        first, _, third = statistics.quantiles(self.ratios, n=4)
        return first, third


def measure(workload: Workload, rounds: int) -> Row:
    """Time one workload against its reference, round by round.

    Raises
    ------
    AssertionError
        If both do not reach the same first losses to 1e-4: different work is not compared.
    """
    ours, hand = workload.build(), reference.loop(workload.name)
    if hand is not None:
        for _ in range(3):
            mine, theirs = ours(1), hand(1)
            if abs(mine - theirs) > 1e-4 * max(1.0, abs(theirs)):
                raise AssertionError(f"{workload.name}: the losses differ, {mine} here and {theirs} by hand.")
    times: list[tuple[float, float, float]] = []
    for loop in (ours, hand):
        if loop is not None:
            loop(2 * workload.steps)
    gc.collect()
    for number in range(rounds):
        order = (ours, hand) if number % 2 else (hand, ours)
        taken = {id(loop): _time(loop, workload.steps) for loop in order if loop is not None}
        wall, cpu = taken[id(ours)]
        times.append((wall, cpu, taken[id(hand)][0] if hand is not None else 0.0))
    walls, cpus, hands = zip(*times)
    return Row(
        workload.name,
        workload.what,
        statistics.median(walls),
        statistics.median(cpus),
        statistics.median(hands) if hand is not None else None,
        workload.target,
        ratios=[a / b for a, b in zip(walls, hands)] if hand is not None else [],
    )


def _time(loop: Loop, steps: int) -> tuple[float, float]:
    """Wall and CPU time of one step, in microseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    loop(steps)
    return (time.perf_counter() - wall) / steps * 1e6, (time.process_time() - cpu) / steps * 1e6
