from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def vulnerable_http(lab: Lab) -> None:
    """A vulnerable package in pubspec.lock."""
    lab.repo.replace("app/pubspec.lock", 'version: "1.2.2"', 'version: "0.13.2"')


def no_dart_advisories(lab: Lab) -> None:
    """The export lacks Dart's ecosystem."""
    (lab.advisories.directory / "Pub" / "all.zip").unlink()


FAULT = Fault(
    guarantee="supply.flutter-dependencies-audited",
    breaks=vulnerable_http,
    says="http 0.13.2 has CVE-2020-35669",
    withdraws=no_dart_advisories,
    reason=Reason.INCOMPLETE,
    needs=("repo", "advisories"),
)
