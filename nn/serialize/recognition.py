"""What a file is that turns out not to be a safetensors file: the first bytes of the usual ones.

Only read to explain a refusal; nothing here opens, unpacks or runs what it recognises.
"""

from __future__ import annotations

_BEGINNINGS = (
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"BZh", "compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras's .h5?); read it with h5py and give its arrays to load_state_dict"),
    (b"\x93NUMPY", "an .npy file; numpy.load reads its array"),
    (b"GGUF", "a GGUF file (llama.cpp's format)"),
    (b"version https://git-lfs", 'a pointer of Git LFS; fetch the file itself with "git lfs pull"'),
    (b"<!DOCTYPE", "a web page (an error page of the server it came from?)"),
    (b"<html", "a web page (an error page of the server it came from?)"),
)
_PYTORCH = (
    "a PyTorch file (.pt, .pth, .ckpt: pickled, which can run anybody's code and is never loaded here); in PyTorch, "
    "save the state_dict with safetensors.torch.save_file"
)
_IN_ZIP = (
    (b"/data.pkl", _PYTORCH),
    (b".npy", "an .npz file; give dict(numpy.load(path)) to load_state_dict"),
    (b"model.weights.h5", "a Keras file"),
    (b"config.json", "a Keras file"),
)


def likely_kind(beginning: bytes) -> str | None:
    """What a file is, by its first kilobytes, with what to do about it; None if that is not easily known.

    Examples
    --------
    >>> likely_kind(b"\\x93NUMPY\\x01\\x00v\\x00{'descr'")
    'an .npy file; numpy.load reads its array'
    """
    for signature, kind in _BEGINNINGS:
        if beginning.startswith(signature):
            return kind
    if beginning.startswith(b"PK\x03\x04"):
        return next((kind for part, kind in _IN_ZIP if part in beginning), "a zip archive")
    if beginning[:1] == b"\x80" and beginning[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        old = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"  # the magic number of torch.save before PyTorch 1.6
        return _PYTORCH if old in beginning[:32] else "a pickle, which can run anybody's code and is never loaded here"
    if not beginning.strip(b"\x00"):
        return "nothing but zeros (a computer that lost its power while writing?)"
    return _text(beginning)


def _text(beginning: bytes) -> str | None:
    """What kind of text it is, if it is text."""
    text = beginning.decode("utf-8", "ignore")
    if len(text.encode()) < len(beginning) - 3 or not all(c.isprintable() or c in "\t\r\n\f" for c in text):
        return None  # three bytes may be the beginning of a character that goes on
    start = " ".join(text[:80].split())[:40]
    return f"{'JSON' if start[:1] in ('{', '[') else 'text'}, beginning with {start!r}"
