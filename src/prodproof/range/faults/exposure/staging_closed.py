"""Staging for everybody; only its media files; no login to prove it with."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.places import STAGING
from prodproof.range.range import Range

FILE = "prodproof.toml"


def for_everybody(harbour: Range) -> None:
    harbour.front.open_staging()


def media_only(harbour: Range) -> None:
    harbour.front.serve("/media/", "receipt.txt\n", host=STAGING, content_type="text/plain; charset=utf-8")
    harbour.front.open_staging("/media/")


def no_login(harbour: Range) -> None:
    lines = harbour.repo.read(FILE).splitlines(keepends=True)
    harbour.repo.write(FILE, "".join(line for line in lines if not line.startswith("login = ")))


FAULT = Fault(
    guarantee="exposure.staging-closed",
    breaks=for_everybody,
    says="served to strangers",
    subject=f"host:{STAGING}",
    variants=(media_only,),
    withdraws=no_login,
    reason=Reason.INSUFFICIENT_PROOF,
    needs=("repo", "front", "staging"),
)
