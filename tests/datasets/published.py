"""A small collection in MNIST's format, and a real HTTP server on loopback that serves it well or badly."""
import gzip
import hashlib
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from datasets.idx import IdxFile

Serve = Callable[[BaseHTTPRequestHandler, bytes], None]


class Published:
    """Arrays as idx files, and what a collection says of them."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shapes = {
            "train-images-idx3-ubyte": (50, 28, 28),
            "train-labels-idx1-ubyte": (50,),
            "t10k-images-idx3-ubyte": (7, 28, 28),
            "t10k-labels-idx1-ubyte": (7,),
        }
        self.arrays = [
            rng.integers(0, 256 if len(shape) == 3 else 10, shape, dtype=np.uint8) for shape in shapes.values()
        ]
        self.contents = {name: idx(array) for name, array in zip(shapes, self.arrays)}
        self.files = tuple(
            IdxFile(name, shape, hashlib.sha256(self.contents[name]).hexdigest()) for name, shape in shapes.items()
        )

    def put(self, folder: Path, spelling: str = "{}.gz") -> None:
        """The files in a folder, under names made of theirs."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            path = folder / spelling.format(name)
            path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def idx(array: np.ndarray) -> bytes:
    """Two zeros, 8 for unsigned bytes, the number of axes, their lengths, the data."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


class Mirror:
    """A server whose `serve` answers each request, given the right body."""

    def __init__(self, published: Published, serve: Serve) -> None:
        self.serve = serve
        self.requests: list[str] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.requests.append(self.path)
                name = self.path.rpartition("/")[2].removesuffix(".gz")
                mirror.serve(self, gzip.compress(published.contents[name], mtime=0))

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/some/folder/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def answer(handler: BaseHTTPRequestHandler, body: bytes, *, length: int | None = None, **headers: str) -> None:
    """A body, announced as long as it is or otherwise."""
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()
