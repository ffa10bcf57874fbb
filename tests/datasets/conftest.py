"""What the tests of published collections share: small ones, mirrors, and a cache folder of their own."""
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datasets import storage
from datasets.storage import Collection
from tests.datasets.published import Mirror, Published, Serve, answer


@pytest.fixture(scope="module")
def published() -> Published:
    return Published(seed=0)


@pytest.fixture
def mirror(published: Published) -> Iterator[Callable[[Serve], Mirror]]:
    """Makes servers that are gone after the test."""
    mirrors = []

    def make(serve: Serve = answer) -> Mirror:
        mirrors.append(Mirror(published, serve))
        return mirrors[-1]

    yield make
    for each in mirrors:
        each.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty; no other folder is named, and no proxy stands before loopback."""
    monkeypatch.delenv(storage.VARIABLE, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(storage, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def collection(published: Published) -> Callable[..., Collection]:
    """The collection at these mirrors."""
    return lambda *mirrors: Collection("tiny", published.files, tuple(mirror.url for mirror in mirrors))
