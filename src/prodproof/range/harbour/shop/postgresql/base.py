"""PostgreSQL with a login that may change while the shop runs.

The agent beside each service writes the login into a file (LOGIN_FILE: JSON with `user` and `password`) whenever the
secret manager has a new one. Whoever connects reads it; a connection with the login before is closed at the next
request.
"""

import json
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for who logs in."""

    _used: dict[str, str] | None = None

    def get_connection_params(self) -> dict[str, Any]:
        self._used = self._login()
        return {**super().get_connection_params(), **self._used}

    def close_if_unusable_or_obsolete(self) -> None:
        if self.connection is not None and not self.in_atomic_block and self._used != self._login():
            self.close()
        super().close_if_unusable_or_obsolete()

    def _login(self) -> dict[str, str]:
        file = self.settings_dict.get("LOGIN_FILE")
        return json.loads(Path(file).read_text()) if file else {}
