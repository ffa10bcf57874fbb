"""The history is a table that comes back from its files exactly, and whose files are replaced as a whole."""
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn

NUMBERS = st.floats()  # NaN and infinities too
ROWS = st.lists(st.dictionaries(st.sampled_from(["loss", "f1", "validation loss", "a,b", 'say "x"\n', "é"]), NUMBERS))


def history_of(rows, losses=(), stopped=None):
    history = nn.History()
    for number, row in enumerate(rows):
        history.append(row, seconds=number / 3)
    for loss in losses:
        history.add_step(loss)
    history.stopped = stopped
    return history


def assert_same(history, other):
    np.testing.assert_equal(other.rows, history.rows)
    np.testing.assert_equal(other.step_losses, history.step_losses)
    np.testing.assert_equal(other.seconds, history.seconds)
    assert (other.columns, other.stopped) == (history.columns, history.stopped)


def test_history_is_a_table():
    history = nn.History()
    assert repr(history) == "History of no epochs"
    for number in range(20):
        history.append({"loss": 1 / (number + 1)} | ({"rate": 0.5} if number else {}))
    assert len(history) == 20
    assert history.columns == ("loss", "rate")
    assert "rate" in history
    assert np.isnan(history["rate"][0])
    assert history.epochs[-1] == 20
    lines = repr(history).splitlines()
    assert len(lines) == 12
    assert lines[0].split() == ["epoch", "loss", "rate"]
    assert lines[-1].split() == ["20", "0.05", "0.5"]
    with pytest.raises(KeyError, match=r"accuracy.*loss, rate"):
        history["accuracy"]


def test_notebooks_get_the_table_as_html():
    html = history_of([{"loss": 0.5, "a<b": 1.0}])._repr_html_()
    assert "<th>a&lt;b</th>" in html
    assert "<td>0.5</td>" in html


@given(ROWS, st.lists(NUMBERS), st.none() | st.text(st.characters(codec="utf-8")))
def test_json_gives_everything_back_exactly(tmp_path_factory, rows, losses, stopped):
    path = tmp_path_factory.mktemp("history") / "history.json"
    history = history_of(rows, losses, stopped)
    history.to_json(path)
    # JSON has no NaN: other readers must be able to parse it.
    json.loads(path.read_text("utf-8"), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert_same(history, nn.History.from_json(path))


@given(ROWS)
def test_csv_gives_the_table_back_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("history") / "history.csv"
    history = history_of(rows)
    history.to_csv(path)
    read = nn.History.from_csv(path)
    np.testing.assert_equal(read.rows, history.rows)
    assert read.columns == history.columns
    assert all(map(math.isnan, read.seconds))


@given(ROWS, st.lists(NUMBERS), st.none() | st.text())
def test_a_state_dict_gives_everything_back_exactly(rows, losses, stopped):
    history = history_of(rows, losses, stopped)
    other = history_of([{"gone": 1.0}], [2.0])
    other.load_state_dict(history.state_dict())
    assert_same(history, other)


def test_files_are_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "history.json"
    history = history_of([{"loss": 0.5}])
    history.to_json(path)
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    for write in (nn.History.to_json, nn.History.to_csv):
        with pytest.raises(OSError, match="unchanged"):
            write(history_of([{"loss": 0.1}]), path)
    monkeypatch.undo()
    assert_same(history, nn.History.from_json(path))
    assert [each.name for each in tmp_path.iterdir()] == ["history.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch", "no JSON"),
        ("[]", "format None"),
        ('{"format": "chalkgrad history", "version": 2}', "version 2"),
        ('{"format": "weights", "version": 1}', "'weights'"),
    ],
)
def test_what_is_no_history_is_refused_as_json(tmp_path, text, message):
    path = tmp_path / "history.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        nn.History.from_json(path)


@pytest.mark.parametrize(
    "text",
    ["", "loss\n1.0\n", "epoch,loss,loss\n", "epoch,loss\n2,0.5\n", "epoch,loss\n1,0.5,3\n", "epoch,loss\n1,high\n"],
)
def test_what_is_no_history_is_refused_as_csv(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"history\.csv is no table that to_csv wrote"):
        nn.History.from_csv(path)


def test_columns_of_different_lengths_are_refused_and_change_nothing():
    history = history_of([{"loss": 0.5}], [0.5])
    state = history.state_dict()
    state["columns"] = {"loss": [0.5, 0.4]}
    with pytest.raises(ValueError, match="needed are 1 in each"):
        history.load_state_dict(state)
    assert_same(history, history_of([{"loss": 0.5}], [0.5]))


def test_it_plots_a_column_into_an_axes():
    figure = pytest.importorskip("matplotlib.figure", reason='matplotlib is absent; "chalkgrad[plot]" brings it')
    ax = figure.Figure().subplots()
    history = history_of([{"f1": 0.5, "validation_f1": 0.4}])
    assert history.plot(ax, column="f1") is ax
    assert len(ax.lines) == 2
