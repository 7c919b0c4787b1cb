"""Audit devices: who asked for what, one JSON object a line, with values as HMACs.

Source: Vault documentation, "Audit devices", "/sys/audit".
"""

import hashlib
import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any

from prodproof.range.servers.simulated_vault.request import Answered, Asked, RefusedError, stamp

PLAIN = frozenset({"created_time", "deletion_time", "destroyed", "version", "keys", "ttl", "renewable"})


class Devices:
    """The audit devices, by path."""

    def __init__(self) -> None:
        self.enabled: dict[str, dict[str, Any]] = {}
        self._salts: dict[str, bytes] = {}

    def enable(self, path: str, kind: str, options: dict[str, Any], description: str) -> None:
        """Add one. Raises RefusedError for a kind that is not simulated, or a file that cannot be written."""
        if kind != "file" or not options.get("file_path"):
            raise RefusedError(400, "only the audit device `file` with a file_path is simulated")
        shown = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in options.items()}
        self.enabled[path] = {"type": kind, "options": shown, "description": description, "local": False, "path": path}
        self._salts[path] = secrets.token_bytes(32)
        try:
            Path(shown["file_path"]).touch(mode=0o600)
            if "mode" in shown:
                Path(shown["file_path"]).chmod(int(shown["mode"], 8))
        except (OSError, ValueError) as error:
            self.disable(path)
            raise RefusedError(400, f"sanity check failed; unable to open the file: {error}") from None

    def disable(self, path: str) -> None:
        """Remove one."""
        self.enabled.pop(path, None)
        self._salts.pop(path, None)

    def hashed(self, path: str, text: str) -> str:
        """A value as it stands in that device's log."""
        return "hmac-sha256:" + hmac.new(self._salts[path], text.encode(), hashlib.sha256).hexdigest()

    def write(self, kind: str, asked: Asked, token: dict[str, Any], answered: Answered | None, error: str = "") -> None:
        """Write a request or response down. Raises RefusedError when no device could: then nothing is answered."""
        written = 0
        for path, device in self.enabled.items():
            if not _passes(device["options"].get("filter", ""), asked):
                written += 1
                continue
            raw = device["options"].get("log_raw") == "true"
            entry = self._entry(path, raw, kind, asked, token, answered, error)
            try:
                with open(device["options"]["file_path"], "a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")
                written += 1
            except OSError:
                continue
        if self.enabled and not written:
            raise RefusedError(500, "internal error: no audit device could write")

    def _entry(
        self,
        path: str,
        raw: bool,
        kind: str,
        asked: Asked,
        token: dict[str, Any],
        answered: Answered | None,
        error: str,
    ) -> dict[str, Any]:
        def kept(value: Any) -> Any:
            return value if raw else self._kept(path, value)

        auth = {**token, "client_token": kept(asked.token) if asked.token else ""}
        if "accessor" in auth:
            auth["accessor"] = kept(auth["accessor"])
        entry: dict[str, Any] = {
            "time": stamp(asked.now), "type": kind, "auth": auth,
            "request": {"id": asked.id, "operation": asked.operation, "path": asked.path,
                        "data": kept(asked.data) or None, "remote_address": asked.remote,
                        "client_token": auth["client_token"]},
        }  # fmt: skip
        if error:
            entry["error"] = error
        if kind == "response" and answered is not None:
            entry["response"] = {"data": kept(answered.data or {})}
            if answered.auth:
                entry["response"]["auth"] = {"client_token": kept(answered.auth["client_token"])}
        return entry

    def _kept(self, path: str, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._kept(path, item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._kept(path, item, name) for item in value]
        return self.hashed(path, value) if isinstance(value, str) and name not in PLAIN else value


def _passes(filter: str, asked: Asked) -> bool:
    """Whether a device's filter lets a request through; of the language of filters, one comparison is simulated.

    Source: Vault documentation, "Filter syntax for audit results": `operation == "read"`, `path != "..."`.
    """
    found = re.fullmatch(r'\s*(operation|path)\s*(==|!=)\s*"?([^"\s]+)"?\s*', filter)
    if found is None:
        return True
    has = asked.operation if found[1] == "operation" else asked.path
    return (has == found[3]) == (found[2] == "==")
