"""The range: a whole demo system, healthy, with one switch per guarantee that breaks it."""

from prodproof.range.fault import Fault, all_faults, fault_of
from prodproof.range.places import Form
from prodproof.range.range import Range

__all__ = ["Fault", "Form", "Range", "all_faults", "fault_of"]
