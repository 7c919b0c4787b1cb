"""What goes wrong with orders: one line for a person."""

from prodproof.system.errors import UserError


class JobError(UserError):
    """An order, or a message about it, that cannot be followed."""


class BusyError(JobError):
    """Another drill has the target, and has not come to its end."""
