"""In an old commit, off every branch, as the value itself, in the tree, not even committed."""

import base64

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range
from prodproof.trace.patterns.canary import made_up, rule_of

PLACE = "deploy/upload.conf"


def committed_and_removed(harbour: Range) -> None:
    """A key was committed and removed again ten commits ago."""
    harbour.repo.write(PLACE, made_up(rule_of("aws-access-key-id")))
    harbour.repo.remove(PLACE)
    for _ in range(10):
        harbour.repo.commit("Go on")


def amended_away(harbour: Range) -> None:
    """No branch has it any more; the object is still there."""
    harbour.repo.write(PLACE, made_up(rule_of("github-personal-access-token")))
    harbour.repo.undo()


def the_value_itself(harbour: Range) -> None:
    """A declared secret, which no rule knows, in base64."""
    value = harbour.app.environment["HARBOUR_INTERNAL_TOKEN"]
    encoded = base64.b64encode(f"warehouse:{value}".encode()).decode()
    harbour.repo.write("docs/warehouse.md", f"# The warehouse\n\nIt sends us {encoded} with each request.\n")


def private_key(harbour: Range) -> None:
    """A private key in the tree."""
    harbour.repo.write("deploy/signing.pem", made_up(rule_of("private-key")))


def not_committed_yet(harbour: Range) -> None:
    """In a new file, which nothing ignores."""
    (harbour.repo.directory / "notes.txt").write_bytes(made_up(rule_of("stripe-secret-key")))


def without_trust(harbour: Range) -> None:
    """Nobody may resolve the declared secrets."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="secrets.not-in-code",
    breaks=committed_and_removed,
    says=f"AWS access key id in {PLACE}",
    subject="repo:harbour/shop",
    variants=(amended_away, the_value_itself, private_key, not_committed_yet),
    withdraws=without_trust,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "application"),
)
