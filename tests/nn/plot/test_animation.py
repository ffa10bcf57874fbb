"""A film has a picture for each state, is written as a whole, and leaves the model as it is."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import nn

X = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
SAMPLES = (X, (X[:, 0] > 0).astype(int))


def trained(epochs, every=1):
    model, snapshots = nn.MLP([2, 6, 2], rng=0), nn.plot.Snapshots(every=every)
    optimizer, settings = nn.Adam(model.parameters(), lr=0.1), {"rng": 0, "progress": False, "callbacks": [snapshots]}
    nn.fit(model, SAMPLES, nn.CrossEntropyLoss(), optimizer, epochs=epochs, **settings)
    return model, snapshots


def test_snapshots_are_the_model_s_states_before_and_after_the_epochs():
    model, snapshots = trained(5, every=2)
    assert snapshots.epochs == [0, 2, 4]
    assert len(snapshots) == 3
    for value, expected in zip(snapshots.states[0].values(), nn.MLP([2, 6, 2], rng=0).parameters()):
        np.testing.assert_array_equal(value, expected.data)
    _, whole = trained(5)
    assert whole.epochs == [0, 1, 2, 3, 4, 5]
    for path, value in model.state_dict().items():
        np.testing.assert_array_equal(whole.states[-1][path], value)
        np.testing.assert_array_equal(whole.states[2][path], snapshots.states[1][path])
    with pytest.raises(ValueError, match="every is 0"):
        nn.plot.Snapshots(every=0)


def test_snapshots_survive_a_checkpoint_and_go_on():
    model, snapshots = trained(2)
    state = snapshots.state_dict()
    other = nn.plot.Snapshots()
    other.load_state_dict(state)
    other.training_started(SimpleNamespace(model=model, epoch=2))
    assert other.epochs == [0, 1, 2]
    plain = {"epochs": state["epochs"], "states": [{k: v.tolist() for k, v in s.items()} for s in state["states"]]}
    other.load_state_dict(json.loads(json.dumps(plain)))
    for kept, expected in zip(other.states, snapshots.states):
        for path, value in expected.items():
            np.testing.assert_array_equal(kept[path], value)


@pytest.mark.parametrize("class_", [None, 1])
def test_a_film_has_a_picture_for_each_state_and_holds_the_last(class_, tmp_path):
    model, snapshots = trained(2)
    before = model.state_dict()
    path = tmp_path / "film.gif"
    made = nn.plot.animate(
        model, snapshots, SAMPLES, path, class_=class_, frames_per_second=5, hold=1, dpi=30, resolution=9
    )
    assert made == path
    with Image.open(path) as film:
        assert film.format == "GIF"
        assert film.n_frames == 3
        assert film.size == (192, 144)
        assert film.info["loop"] == 0
        durations, pictures = [], []
        for number in range(film.n_frames):
            film.seek(number)
            durations.append(film.info["duration"])
            pictures.append(np.array(film.convert("RGB")))
    assert durations == [200, 200, 1200]
    assert not np.array_equal(pictures[0], pictures[-1])
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert [found.name for found in tmp_path.iterdir()] == ["film.gif"]


def test_the_axes_stay_in_their_place(tmp_path):
    """The frame's black lines are at the same pixels in all pictures."""
    model, snapshots = trained(2)
    path = nn.plot.animate(model, snapshots, SAMPLES, tmp_path / "film.gif", dpi=72, resolution=9, size=1)
    with Image.open(path) as film:
        lines = []
        for number in range(film.n_frames):
            film.seek(number)
            dark = np.array(film.convert("L")) < 120
            lines.append([np.flatnonzero(dark.mean(axis) > 0.5).tolist() for axis in (0, 1)])
    assert all(lines[0])
    assert lines == lines[:1] * 3


def test_no_figure_is_left_open(pyplot, tmp_path):
    model, _ = trained(1)
    nn.plot.animate(model, [model.state_dict()], SAMPLES, str(tmp_path / "film.gif"), dpi=20, resolution=5)
    assert not pyplot.get_fignums()


def test_what_cannot_become_a_film_is_refused_and_leaves_the_old_one(tmp_path):
    model, snapshots = trained(1)
    path = tmp_path / "film.gif"
    path.write_text("old")
    with pytest.raises(ValueError, match="there are no states"):
        nn.plot.animate(model, [], SAMPLES, path)
    with pytest.raises(ValueError, match="the state does not fit"):
        nn.plot.animate(nn.MLP([2, 9, 2]), snapshots, SAMPLES, path)
    with pytest.raises(ValueError, match=r"one that ends in \.gif"):
        nn.plot.animate(model, snapshots, SAMPLES, tmp_path / "film.mp4")
    for settings in ({"frames_per_second": 0}, {"hold": -1}):
        with pytest.raises(ValueError, match="frames_per_second"):
            nn.plot.animate(model, snapshots, SAMPLES, path, **settings)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["film.gif"]
