"""The catalogue: one file, one claim, its pure judges, its examples.

`guarantees/<area>/<name>.py` holds the guarantee `<area>.<name>` (with `_` for `-`). There is no list of them:
`catalogue()` walks the folders.
"""

from prodproof.guarantees.catalogue import Entry, catalogue, entry

__all__ = ["Entry", "catalogue", "entry"]
