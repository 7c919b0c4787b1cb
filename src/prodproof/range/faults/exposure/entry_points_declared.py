"""A forgotten host that still answers; an entry point that nobody owns; one where nothing answers."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.places import FORGOTTEN, HOST
from prodproof.range.range import Range

FILE = "prodproof.toml"
PURPOSE = 'purpose = "the API of the mobile application"\n'


def forgotten_host(harbour: Range) -> None:
    harbour.front.answer_to(FORGOTTEN)


def no_owner(harbour: Range) -> None:
    harbour.repo.replace(FILE, f'{PURPOSE}owner = "ben"\n', PURPOSE)


def gone(harbour: Range) -> None:
    declared = f'[[entry_point]]\nurl = "https://{HOST}:1"\npurpose = "the old shop"\nowner = "ana"\n'
    harbour.repo.write(FILE, f"{harbour.repo.read(FILE)}\n{declared}")


def stopped(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="exposure.entry-points-declared",
    breaks=forgotten_host,
    says=FORGOTTEN,
    subject=f"host:{FORGOTTEN}",
    variants=(no_owner, gone),
    withdraws=stopped,
    reason=Reason.UNREACHABLE,
    needs=("repo", "front"),
    # An entry point that is gone is one of which nothing else is known.
    touches=(
        "application.errors-safe",
        "application.no-debug-endpoints",
        "application.security-headers",
        "exposure.admin-restricted",
        "exposure.hsts",
        "exposure.public-behaviour-matches",
        "application.debug-off",
        "exposure.certificate-renews",
        "exposure.https-only",
        "exposure.tls-modern",
        "secrets.env-file-ignored",
        "secrets.not-in-frontend",
        "secrets.not-in-output",
    ),
)
