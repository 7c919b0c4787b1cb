"""The mobile application is locked to a package with a published advisory."""

from prodproof.facts import Reason
from prodproof.range.components.advisories import Advisories
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def vulnerable_http(harbour: Range) -> None:
    """A vulnerable package in pubspec.lock."""
    harbour.repo.replace("app/pubspec.lock", 'version: "1.2.2"', 'version: "0.13.2"')


def no_dart_advisories(harbour: Range) -> None:
    """The export lacks Dart's ecosystem."""
    harbour.part(Advisories).lose("Pub")


FAULT = Fault(
    guarantee="supply.flutter-dependencies-audited",
    breaks=vulnerable_http,
    says="http 0.13.2 has CVE-2020-35669",
    subject="file:app/pubspec.lock",
    withdraws=no_dart_advisories,
    reason=Reason.INCOMPLETE,
    needs=("repo", "advisories"),
)
