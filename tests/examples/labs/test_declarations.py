"""Every experiment that is declared holds together: its rows name its settings, and what differs names its proof."""

import pickle

import pytest

from examples.labs.configuration import plain
from examples.labs.experiment import GROUPS, ORDER, experiments

EVERY = list(experiments().values())


@pytest.fixture(params=EVERY, ids=[each.identifier for each in EVERY])
def each(request):
    return request.param


def test_rows_and_quick_settings_are_those_of_the_experiment(each):
    assert {row.setting for row in each.rows} <= set(each.settings)
    assert set(each.quick) <= set(each.settings) or not each.rows
    assert each.seeds >= 1
    assert each.seconds > 0
    assert each.identifier.partition("-")[0] in GROUPS


def test_a_row_stands_once(each):
    rows = [(row.setting, row.metric, row.label) for row in each.rows]
    assert len(set(rows)) == len(rows)


def test_configurations_can_be_written_down_and_sent_to_other_processes(each):
    for job in [*each.settings.values(), *each.quick.values()]:
        plain(job)
        assert pickle.loads(pickle.dumps(job)) == job


def test_what_shows_a_difference_exists(each):
    for row in each.rows:
        if row.difference is not None:
            identifier, setting = row.difference.shown_by
            assert identifier in ORDER
            if identifier in experiments():
                assert setting in experiments()[identifier].settings


def test_names_of_figures_are_names_of_files(each):
    names = [illustration.name for illustration in each.illustrations]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").replace("_", "").isalnum() for name in names)
    assert all(illustration.caption for illustration in each.illustrations)
