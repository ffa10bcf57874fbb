"""An experiment's numbers beside the report's: those that the runs have, and never in silence fewer."""

from dataclasses import replace

import pytest

from examples.labs.comparison import Row
from examples.labs.configuration import Outcome
from examples.labs.runs import Run, record


def recorded(job, **metrics):
    return record(Run("upf-1", "slow", 0, job), Outcome(metrics), 1.0)


def test_a_shortened_run_that_ends_before_a_number_leaves_its_row_out(declared):
    late = Row("slow", "error after 11,000 epochs", "late")
    each = replace(declared["upf-1"], rows=(late, Row("slow", "steps", "steps", unit="")))
    records = {"slow": [recorded(each.quick["slow"], steps=5.0)]}
    assert [compared.row.label for compared in each.compared(records, quick=True)] == ["steps"]


def test_a_full_run_without_a_number_that_a_row_asks_for_is_an_error(declared):
    each = replace(declared["upf-1"], rows=(Row("slow", "error after 11,000 epochs", "late"),))
    with pytest.raises(KeyError, match="'error after 11,000 epochs'"):
        each.compared({"slow": [recorded(each.settings["slow"], steps=5.0)]})
