"""Why an answer is unknown: a closed list that travels from the probe to the gate."""

from enum import StrEnum


class Reason(StrEnum):
    """Each reason asks for another remedy, so none is folded into another."""

    DENIED = "denied"
    """The access that was used is not allowed to see this."""

    UNREACHABLE = "unreachable"
    """Nothing answered: refused connection, unknown name, broken route or broken transport."""

    TIMED_OUT = "timed-out"
    """It did not answer within its bound."""

    NOT_CONFIGURED = "not-configured"
    """A source that could tell (zone file, collector, advisory database) has not been named."""

    NOT_DECLARED = "not-declared"
    """The system file does not say what there is."""

    NOT_PERMITTED = "not-permitted"
    """prodproof itself may not: trust, opt-in or proof of ownership is missing."""

    TOOL_MISSING = "tool-missing"
    """A program that this needs is not installed."""

    INCOMPLETE = "incomplete"
    """A part could not be read, so that what was seen cannot stand for the whole."""

    INSUFFICIENT_PROOF = "insufficient-proof"
    """What was seen is fine, but this claim asks for stronger evidence than this version gathers."""

    CRASHED = "crashed"
    """prodproof failed; the fault is ours."""

    STALE = "stale"
    """The evidence is older than it is good for, or belongs to another commit or release."""

    NEVER_RUN = "never-run"
    """Nobody has looked yet."""

    NOT_VERIFIABLE_YET = "not-verifiable-yet"
    """This version has no way to verify the claim."""
