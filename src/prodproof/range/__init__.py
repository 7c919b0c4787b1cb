"""The range: a demo system that is healthy, with one fault switch per guarantee.

`harbour/` holds the files of its repository, `components/` one running part a file, `faults/<area>/<name>.py` the
switch that breaks the guarantee `<area>.<name>` and the one that withdraws what its probe needs.
"""

from prodproof.range.fault import Fault, faults
from prodproof.range.lab import Lab

__all__ = ["Fault", "Lab", "faults"]
