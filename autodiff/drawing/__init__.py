"""The graph as a picture. Reads nodes and what `record` kept, changes nothing; nothing in the core imports it.

`extract` turns a graph into plain `parts`, `numbers` and `theme` say how these look, `dot` writes them down, `render`
runs Graphviz, and `picture` holds the public way in: `autodiff.draw`.
"""

from .picture import Drawing, draw
from .render import DotNotFoundError

__all__ = ["DotNotFoundError", "Drawing", "draw"]
