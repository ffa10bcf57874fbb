"""Files: arrays by name, in safetensors files that are replaced in one step and verified bit by bit."""

from .tensors import read_tensors, write_tensors

__all__ = ["read_tensors", "write_tensors"]
