"""The KV engine, both versions.

Source: Vault's HTTP API documentation, "KV secrets engine - version 1" and "- version 2".
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prodproof.range.servers.simulated_vault.request import (
    Answered,
    Asked,
    RefusedError,
    done,
    missing,
    seconds,
    stamp,
    unsupported,
)


class Kv1:
    """Values without versions."""

    type = "kv"

    def __init__(self) -> None:
        self.options = {"version": "1"}
        self._values: dict[str, dict[str, Any]] = {}

    def exists(self, rest: str) -> bool:
        """Whether writing there would change something that is there."""
        return rest in self._values

    def answer(self, asked: Asked, rest: str) -> Answered:
        """One request below the mount."""
        if asked.operation == "list":
            return keys_below(self._values, rest)
        if asked.operation == "update":
            self._values[rest] = dict(asked.data)
            return done()
        if rest not in self._values:
            raise missing()
        if asked.operation == "delete":
            del self._values[rest]
            return done()
        return Answered(dict(self._values[rest]), lease_seconds=2764800)


@dataclass
class Version:
    """One version of a value."""

    data: dict[str, Any] | None = field(repr=False)
    created: datetime
    deleted: datetime | None = None
    destroyed: bool = False

    def told(self) -> dict[str, Any]:
        return {
            "created_time": stamp(self.created),
            "deletion_time": stamp(self.deleted) if self.deleted else "",
            "destroyed": self.destroyed,
        }

    def readable(self, now: datetime) -> bool:
        return not self.destroyed and (self.deleted is None or self.deleted > now)


@dataclass
class Entry:
    """A value with its versions."""

    created: datetime
    updated: datetime
    versions: dict[int, Version] = field(default_factory=dict)
    current: int = 0
    custom: dict[str, str] = field(default_factory=dict)
    most: int = 0
    delete_after: int = 0
    cas_required: bool = False


class Kv2:
    """Values with versions."""

    type = "kv"

    def __init__(self) -> None:
        self.options = {"version": "2"}
        self._entries: dict[str, Entry] = {}

    def exists(self, rest: str) -> bool:
        """Whether writing there would change something that is there."""
        return rest.partition("/")[2] in self._entries

    def answer(self, asked: Asked, rest: str) -> Answered:
        """One request below the mount."""
        kind, _, path = rest.partition("/")
        if kind == "config":
            return Answered({"cas_required": False, "delete_version_after": "0s", "max_versions": 0})
        if kind == "metadata":
            return self._metadata(asked, path)
        if kind == "data":
            return self._data(asked, path)
        if kind == "subkeys" and asked.operation == "read":
            version, number = self._version(path, asked)
            about = {**version.told(), "version": number, "custom_metadata": None}
            return Answered({"subkeys": dict.fromkeys(version.data or {}), "metadata": about})
        if kind in ("delete", "undelete", "destroy") and asked.operation == "update":
            entry = self._entry(path)
            for number in asked.data.get("versions") or ():
                chosen = entry.versions.get(int(number))
                if chosen is not None and kind == "destroy":
                    chosen.destroyed, chosen.data = True, None
                elif chosen is not None:
                    chosen.deleted = asked.now if kind == "delete" else None
            return done()
        raise unsupported() if kind in ("delete", "undelete", "destroy", "subkeys") else missing()

    def _metadata(self, asked: Asked, path: str) -> Answered:
        if asked.operation == "list":
            return keys_below(self._entries, path)
        if asked.operation == "update":
            entry = self._entries.setdefault(path, Entry(asked.now, asked.now))
            entry.custom = {str(key): str(value) for key, value in (asked.data.get("custom_metadata") or {}).items()}
            entry.most = int(asked.data.get("max_versions") or entry.most)
            entry.delete_after = seconds(asked.data.get("delete_version_after")) or entry.delete_after
            entry.cas_required = bool(asked.data.get("cas_required", entry.cas_required))
            return done()
        entry = self._entry(path)
        if asked.operation == "delete":
            del self._entries[path]
            return done()
        return Answered(
            {
                "cas_required": entry.cas_required,
                "created_time": stamp(entry.created),
                "current_version": entry.current,
                "custom_metadata": entry.custom or None,
                "delete_version_after": f"{entry.delete_after}s",
                "max_versions": entry.most,
                "oldest_version": min(entry.versions, default=0),
                "updated_time": stamp(entry.updated),
                "versions": {str(number): version.told() for number, version in entry.versions.items()},
            }
        )

    def _data(self, asked: Asked, path: str) -> Answered:
        if asked.operation == "update":
            return self._written(asked, path)
        if asked.operation == "delete":
            entry = self._entry(path)
            if entry.current:
                entry.versions[entry.current].deleted = asked.now
            return done()
        if asked.operation != "read":
            raise unsupported()
        version, number = self._version(path, asked)
        custom = self._entry(path).custom or None
        return Answered(
            {"data": version.data, "metadata": {**version.told(), "version": number, "custom_metadata": custom}}
        )

    def _version(self, path: str, asked: Asked) -> tuple[Version, int]:
        entry = self._entry(path)
        number = int(asked.query.get("version") or 0) or entry.current
        version = entry.versions.get(number)
        if version is None:
            raise missing()
        if not version.readable(asked.now):
            about = {**version.told(), "version": number, "custom_metadata": None}
            raise RefusedError(404, data={"data": None, "metadata": about})
        return version, number

    def _written(self, asked: Asked, path: str) -> Answered:
        if not isinstance(asked.data.get("data"), dict):
            raise RefusedError(400, "no data provided")
        entry = self._entries.get(path) or Entry(asked.now, asked.now)
        expected = (asked.data.get("options") or {}).get("cas")
        if expected is None and entry.cas_required:
            raise RefusedError(400, "check-and-set parameter required for this call")
        if expected is not None and int(expected) != entry.current:
            raise RefusedError(400, "check-and-set parameter did not match the current version")
        self._entries[path] = entry
        entry.current += 1
        entry.updated = asked.now
        ends = asked.now + timedelta(seconds=entry.delete_after) if entry.delete_after else None
        version = entry.versions[entry.current] = Version(dict(asked.data["data"]), asked.now, ends)
        for number in sorted(entry.versions)[: -(entry.most or 10)]:
            del entry.versions[number]
        return Answered({**version.told(), "version": entry.current, "custom_metadata": entry.custom or None})

    def _entry(self, path: str) -> Entry:
        if path not in self._entries:
            raise missing()
        return self._entries[path]


def keys_below(names: dict[str, Any], folder: str) -> Answered:
    """The names right below a folder; those of folders end with a slash."""
    start = f"{folder.rstrip('/')}/" if folder.strip("/") else ""
    found = set()
    for name in names:
        if name.startswith(start):
            first, slash, _ = name[len(start) :].partition("/")
            found.add(first + slash)
    if not found:
        raise missing()
    return Answered({"keys": sorted(found)})
