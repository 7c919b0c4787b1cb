"""A private name that a stranger could register on the public index; downloads that nobody checks."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

PRIVATE = '[[registry]]\nurl = "https://pypi.harbour.example/simple"\nprivate = ["harbour-*"]\n\n'


def extra_index(harbour: Range) -> None:
    """--extra-index-url beside a private name."""
    harbour.repo.replace("prodproof.toml", "[[registry]]\n", PRIVATE + "[[registry]]\n")
    text = "--extra-index-url https://pypi.harbour.example/simple\nharbour-auth==1.4.0\n"
    harbour.repo.write("worker/requirements.txt", text)


def no_hashes(harbour: Range) -> None:
    """A lock without hashes."""
    harbour.repo.replace("package-lock.json", '"integrity"', '"was"')


def unchecked_index(harbour: Range) -> None:
    """An index whose certificate nobody checks."""
    harbour.repo.write("pip.conf", "[global]\ntrusted-host = pypi.org\n")


def npm_lock_unreadable(harbour: Range) -> None:
    harbour.repo.garble("package-lock.json")


FAULT = Fault(
    guarantee="supply.trusted-registries",
    breaks=extra_index,
    says="harbour-auth is installed without a hash from two indexes",
    subject="file:worker/requirements.txt",
    variants=(no_hashes, unchecked_index),
    withdraws=npm_lock_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("supply.dependencies-audited", "supply.no-unused-dependencies", "supply.versions-pinned"),
)
