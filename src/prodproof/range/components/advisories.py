"""A small export of the OSV database, as its bucket offers it: one `all.zip` for each ecosystem."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from prodproof.facts.declared import Repository
from prodproof.range.component import Component

DJANGO: dict[str, object] = {
    "id": "PYSEC-2024-47",
    "aliases": ["CVE-2024-27351", "GHSA-vm8q-m57g-pff3"],
    "details": "In Django 3.2 before 3.2.25, 4.2 before 4.2.11, and 5.0 before 5.0.3, the Truncator.words() method is "
    "subject to a potential regular expression denial-of-service attack.",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "django", "purl": "pkg:pypi/django"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [
                        {"introduced": "3.2"},
                        {"fixed": "3.2.25"},
                        {"introduced": "4.2"},
                        {"fixed": "4.2.11"},
                        {"introduced": "5.0"},
                        {"fixed": "5.0.3"},
                    ],
                }
            ],
            "versions": ["4.2.9", "4.2.10", "5.0.1", "5.0.2"],
        }
    ],
}
HTTP: dict[str, object] = {
    "id": "GHSA-4rgh-jx4f-qfcq",
    "aliases": ["CVE-2020-35669"],
    "summary": "http before 0.13.3 vulnerable to header injection",
    "affected": [
        {
            "package": {"ecosystem": "Pub", "name": "http", "purl": "pkg:pub/http"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.13.3"}]}],
        }
    ],
    "database_specific": {"severity": "MODERATE"},
}
MINIMIST: dict[str, object] = {
    "id": "GHSA-xvch-5gv4-984h",
    "aliases": ["CVE-2021-44906"],
    "summary": "Prototype Pollution in minimist",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "minimist", "purl": "pkg:npm/minimist"},
            "ranges": [
                {"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.2.6"}]},
                {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.2.4"}]},
            ],
        }
    ],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
}


class Advisories(Component):
    """The export as files, fresh when the range was started."""

    name = "advisories"
    seen_by = frozenset({Repository})

    def configure(self) -> None:
        write_export(self.etc, datetime.now(UTC))

    def reload(self) -> None:
        """Nothing runs here."""

    def write(self, ecosystem: str, modified: datetime, *entries: dict[str, object]) -> None:
        """Write the export of one ecosystem anew, changed last at `modified`."""
        write_ecosystem(self.etc, ecosystem, modified, *entries)

    def lose(self, ecosystem: str) -> None:
        """The export of one ecosystem is not there any more."""
        (self.etc / ecosystem / "all.zip").unlink()


def write_export(directory: Path, now: datetime) -> None:
    """A small export in which the shop's ecosystems are present."""
    write_ecosystem(directory, "PyPI", now, DJANGO)
    write_ecosystem(directory, "npm", now, MINIMIST)
    write_ecosystem(directory, "Pub", now, HTTP)


def write_ecosystem(directory: Path, ecosystem: str, modified: datetime, *entries: dict[str, object]) -> None:
    """Write the export of one ecosystem, changed last at `modified`."""
    folder = directory / ecosystem
    folder.mkdir(parents=True, exist_ok=True)
    stamp = modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    with ZipFile(folder / "all.zip", "w") as archive:
        for entry in entries:
            text = json.dumps({"schema_version": "1.6.0", "modified": stamp, "published": stamp, **entry})
            archive.writestr(ZipInfo(f"{entry['id']}.json", modified.timetuple()[:6]), text)


COMPONENT = Advisories
