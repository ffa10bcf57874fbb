"""Files: what was learned, in safetensors files that are replaced in one step and verified bit by bit.

For users
---------
`nn.save(path, model)` writes a model's `state_dict`, parameters and buffers, and with `metadata=` whatever JSON can
hold of how it came about. `nn.load(path, model)` reads it into a model of the same structure and gives the metadata
back; `nn.load(path)` gives the arrays themselves, and `model.load_state_dict(state, strict=False)` takes those of them
that the model has.

- The file is a safetensors file: `safetensors.numpy.load_file`, `safetensors.torch.load_file` and every other program
  that knows the format read it. Nothing is pickled, and nothing in a file is ever executed.
- The other way round, `model.load_state_dict(safetensors.numpy.load_file(path))` takes a file of PyTorch's
  (`safetensors.torch.save_file(model.state_dict(), path)`), with the keys renamed where they differ.
- Whatever happens while a file is written, a crash, a full disk, a second writer: under its name there is the old file
  or the new one, whole. A symbolic link stays and its target is replaced. `.<name>.<random>.tmp` is what a killed
  writer leaves; it may be deleted.
- A file that is truncated, damaged in a single bit, foreign or of a newer format version is refused with its reason,
  and the model is what it was.
- The optimizer, the schedule and the generators of a training that shall go on are more than a state dict:
  `nn.Checkpoint` keeps them.

For builders
------------
`write_tensors(path, arrays, metadata)` and `read_tensors(path)` are the level below: any arrays by name, and metadata.
`atomic.write_atomically` replaces a file of any kind in one step.
"""

from .model import SavedState, load, save
from .reading import read_tensors
from .writing import write_tensors

__all__ = ["SavedState", "load", "read_tensors", "save", "write_tensors"]
