"""A step of training as a page to go through: every operation, every message of the backward pass, the update.

`recording` runs the step and fills in a `story`, with names from `names`, rules from `rules`, second opinions from
`replay`, and the walk that goes wrong from `naive`; `page` writes it down, and the scripts in `web` show it.
"""

from .page import explain

__all__ = ["explain"]
