"""What the observer of a range has: its place, its trust, its tools; each can be taken away."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.range.places import API, FORGOTTEN, HOST, STAGING, Places
from prodproof.reach.programs import find_program
from prodproof.reach.world import Settings

RATE, SCAN_RATE = 500.0, 50_000.0
"""Nobody else is troubled by a range's own servers: requests and connection attempts a second."""


class Vantage:
    """Kept in `vantage/vantage.json` of a range, so that every process that looks sees the same."""

    def __init__(self, directory: Path, places: Places) -> None:
        self.directory = directory
        self._places = places
        self._file = directory / "vantage.json"

    @property
    def ca_file(self) -> Path:
        """The private authority that the vantage trusts."""
        return self.directory / "ca.pem"

    def healthy(self) -> None:
        """Give everything (back)."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._write({"trusted": True, "missing_tools": [], "remembers": True})

    def lose_tool(self, name: str) -> None:
        """From now on a program is not installed."""
        self._change(missing_tools=[*self._read()["missing_tools"], name])

    def distrust(self) -> None:
        """From now on nobody trusts the system file."""
        self._change(trusted=False)

    def forget(self) -> None:
        """From now on nothing is known of earlier runs."""
        self._change(remembers=False)

    @property
    def trusted(self) -> bool:
        return bool(self._read()["trusted"])

    @property
    def remembers(self) -> bool:
        return bool(self._read()["remembers"])

    def tool(self, name: str) -> str | None:
        """Path of a program, unless it was taken away."""
        return None if name in self._read()["missing_tools"] else find_program(name)

    @property
    def resolve(self) -> Mapping[str, str]:
        """Names that the vantage would get from the public DNS."""
        names = dict.fromkeys((HOST, API, STAGING, FORGOTTEN), self._places.outside_of)
        # Faults of the zone lead these to a provider.
        led_away = dict.fromkeys((f"assets.{HOST}", f"status.{HOST}"), self._places.providers)
        return names | led_away

    def settings(self) -> Settings:
        """How a run from this vantage behaves."""
        places = self._places
        return Settings(
            ca_file=self.ca_file,
            resolve=self.resolve,
            source_address=places.vantage,
            web_ports=(places.http, places.https),
            rate=RATE,
            scan_rate=SCAN_RATE,
        )

    def variables(self) -> dict[str, str]:
        """The same for `prodproof verify` as environment variables."""
        places = self._places
        return {
            "PRODPROOF_CA_FILE": str(self.ca_file),
            "PRODPROOF_RESOLVE": " ".join(f"{name}={address}" for name, address in self.resolve.items()),
            "PRODPROOF_SOURCE_ADDRESS": places.vantage,
            "PRODPROOF_RATE": f"{RATE:g}",
            "PRODPROOF_SCAN_RATE": f"{SCAN_RATE:g}",
            "PRODPROOF_WEB_PORTS": f"{places.http} {places.https}",
            "XDG_STATE_HOME": str(self.directory / "state"),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
        }

    def _change(self, **changes: object) -> None:
        self._write(self._read() | changes)

    def _read(self) -> dict[str, Any]:
        written: dict[str, Any] = json.loads(self._file.read_text())
        return written

    def _write(self, content: dict[str, Any]) -> None:
        self._file.write_text(json.dumps(content, indent=1))
