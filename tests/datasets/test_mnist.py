"""MNIST and Fashion-MNIST are what was published, in the types that were promised."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import datasets
from datasets import images, storage
from tests.datasets.published import Published

loaders = pytest.mark.parametrize("loader", [datasets.mnist, datasets.fashion_mnist])
ROOT = Path(__file__).parent.parent.parent


def real(loader, *folders):
    """A collection where this machine has it; a skip that says so where not."""
    for folder in filter(None, [os.environ.get(storage.VARIABLE), *folders]):
        try:
            return loader(root=folder, download=False)
        except FileNotFoundError:
            continue
    pytest.skip(f"{loader.__name__} is in no folder here: {storage.VARIABLE} may name one")


@pytest.fixture(scope="module")
def mnist():
    return real(datasets.mnist)


@pytest.fixture(scope="module")
def fashion_mnist():
    return real(datasets.fashion_mnist, "/usr/share/datasets/fashion-mnist")


def test_mnist_has_its_published_shapes_counts_and_statistics(mnist):
    assert_image_split(mnist)
    assert np.bincount(mnist.train.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train.x.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert mnist.train.x.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert mnist.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_fashion_mnist_has_its_published_shapes_counts_and_statistics(fashion_mnist):
    assert_image_split(fashion_mnist)
    assert np.bincount(fashion_mnist.train.y).tolist() == [6000] * 10
    assert np.bincount(fashion_mnist.test.y).tolist() == [1000] * 10
    assert fashion_mnist.train.x.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert fashion_mnist.train.x.std() / 255 == pytest.approx(0.3530, abs=5e-5)


def assert_image_split(split):
    assert split.train.x.shape == (60_000, 28, 28)
    assert split.test.x.shape == (10_000, 28, 28)
    assert split.train.y.shape == (60_000,)
    assert split.test.y.shape == (10_000,)
    for samples in split:
        assert samples.x.dtype == np.uint8
        assert samples.y.dtype == np.int64
        assert (samples.x.min(), samples.x.max()) == (0, 255)


def test_the_nearest_of_some_training_digits_names_most_test_digits(mnist):
    """Labels belong to their images: a wrong pairing would leave one digit in ten right."""
    few = mnist.train.x[:5000].reshape(5000, -1).astype(np.float32)
    asked = mnist.test.x[:500].reshape(500, -1).astype(np.float32)
    distance = (few**2).sum(axis=1) - 2 * asked @ few.T
    assert np.mean(mnist.train.y[distance.argmin(axis=1)] == mnist.test.y[:500]) > 0.85


def test_loading_takes_little_more_memory_than_its_result(mnist):
    """In a process of its own: a peak is for life."""
    resource = pytest.importorskip("resource", reason="peaks are measured by POSIX's getrusage")
    assert resource
    program = (
        "import resource, datasets; peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024; "
        "before = peak(); split = datasets.mnist(download=False); print(peak() - before)"
    )
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    megabytes = 70_000 * 784 / 2**20
    assert float(printed.stdout) * (1 / 1024 if sys.platform == "darwin" else 1) < 1.5 * megabytes


@pytest.fixture
def tiny(published, cache, monkeypatch):
    """Both loaders with a small collection behind them, in the cache folder."""
    published.put(cache / "mnist")
    published.put(cache / "fashion_mnist")
    for name in ("MNIST", "FASHION_MNIST"):
        whole = getattr(images, name)
        monkeypatch.setattr(images, name, whole._replace(files=published.files, mirrors=()))
    return published


@loaders
def test_images_are_bytes_unless_scaled_and_labels_are_class_indices(loader, tiny):
    raw, scaled = loader(), loader(scale=True)
    for number, (before, after) in enumerate(zip(raw, scaled, strict=True)):
        np.testing.assert_array_equal(before.x, tiny.arrays[2 * number])
        np.testing.assert_array_equal(before.y, tiny.arrays[2 * number + 1])
        np.testing.assert_array_equal(after.y, before.y)
        np.testing.assert_array_equal(after.x, before.x.astype(np.float32) / np.float32(255))
        assert before.x.dtype == np.uint8
        assert after.x.dtype == np.float32
        assert before.y.dtype == after.y.dtype == np.int64


@loaders
@pytest.mark.parametrize("as_given", [str, Path])
def test_root_may_be_a_path_or_a_string(loader, as_given, tiny, cache):
    assert len(loader(root=as_given(cache), download=False).test.x) == 7


def test_root_may_begin_with_the_users_home(tiny, cache, monkeypatch):
    monkeypatch.setenv("HOME", str(cache.parent))
    monkeypatch.setenv("USERPROFILE", str(cache.parent))
    monkeypatch.setattr(storage, "cache_folder", lambda: None)
    assert len(datasets.mnist(root="~/cache", download=False).test.x) == 7


@loaders
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"root": 3}, "root must be the path of a folder, or None; got 3 of type int"),
        ({"root": ""}, "root must be the path of a folder"),
        ({"scale": 255}, "scale must be True or False; got 255 of type int"),
        ({"download": "no"}, "download must be True or False"),
        ({"progress": None}, "progress must be True or False"),
    ],
)
def test_a_bad_argument_is_named_with_what_was_wanted(loader, arguments, wanted, tiny):
    with pytest.raises(TypeError, match=f"datasets.{loader.__name__}: {wanted}"):
        loader(**arguments)


def test_the_two_collections_are_told_apart():
    assert not {file.sha256 for file in images.MNIST_FILES} & {file.sha256 for file in images.FASHION_MNIST_FILES}
    assert images.MNIST.namesakes == images.FASHION_MNIST_FILES
    assert images.FASHION_MNIST.namesakes == images.MNIST_FILES


def test_a_folder_with_mnist_directly_in_it_has_no_fashion_mnist(tiny, published, cache, tmp_path, monkeypatch):
    other = Published(seed=1)
    other.put(tmp_path / "direct")
    monkeypatch.setattr(images, "MNIST", images.MNIST._replace(namesakes=other.files))
    assert len(datasets.mnist(root=tmp_path / "direct").test.x) == 7  # from the cache


@loaders
def test_each_collection_has_several_mirrors_of_folders(loader):
    collection = {"mnist": images.MNIST, "fashion_mnist": images.FASHION_MNIST}[loader.__name__]
    assert collection.name == loader.__name__
    assert len(set(collection.mirrors)) >= 2
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in collection.mirrors)
