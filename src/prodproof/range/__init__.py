"""The range: a whole demo system, healthy, with one switch per guarantee that breaks it."""

from prodproof.range.fault import Fault, fault_of, faults
from prodproof.range.places import Form
from prodproof.range.range import Range

__all__ = ["Fault", "Form", "Range", "fault_of", "faults"]
