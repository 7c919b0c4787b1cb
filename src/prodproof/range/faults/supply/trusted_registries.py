from prodproof.facts import Reason
from prodproof.facts.declared import Registry
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab

PRIVATE = Registry(url="https://pypi.harbour.example/simple", private=("harbour-*",))


def extra_index(lab: Lab) -> None:
    """--extra-index-url beside a private name."""
    lab.declare(registries=(PRIVATE,))
    text = "--extra-index-url https://pypi.harbour.example/simple\nharbour-auth==1.4.0\n"
    lab.repo.write("worker/requirements.txt", text)


def no_hashes(lab: Lab) -> None:
    """A lock without hashes."""
    lab.repo.replace("package-lock.json", '"integrity"', '"was"')


def unchecked_index(lab: Lab) -> None:
    """An index whose certificate nobody checks."""
    lab.repo.write("pip.conf", "[global]\ntrusted-host = pypi.org\n")


FAULT = Fault(
    guarantee="supply.trusted-registries",
    breaks=extra_index,
    says="harbour-auth is installed without a hash from two indexes",
    variants=(no_hashes, unchecked_index),
    withdraws=lambda lab: lab.repo.garble("package-lock.json"),
    reason=Reason.INCOMPLETE,
)
