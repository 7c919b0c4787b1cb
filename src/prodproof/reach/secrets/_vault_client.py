"""Questions to Vault through hvac: bounded, logged in once, failures as data."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import Transport
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import Limits
from prodproof.reach.secrets.transport import in_clear, transport_of


@dataclass(frozen=True, repr=False)
class Answer:
    """What Vault answered. It may hold values, so it does not show itself."""

    data: dict[str, Any]
    """The answer's `data`; the whole answer where it has none."""

    lease: str = ""
    request: str = ""
    """Vault's id of the request, which its audit trail has, too."""


class VaultClient:
    """One login to one Vault."""

    def __init__(self, url: str, credentials: Secret | None, ca: str | None, limits: Limits) -> None:
        self.url, self._ca, self._limits = url.rstrip("/"), ca, limits
        self._credentials = credentials
        self._hvac: Any = None
        self._refused: Unseen | None = None
        self._own_login = False

    def get(self, path: str, what: str, open: bool = False, query: Mapping[str, str] | None = None) -> Answer | Unseen:
        """Read a path.

        Args:
            path: without `/v1/`.
            what: how messages call it.
            open: it is answered without a token.
            query: what stands after the path's question mark.
        """
        return self._ask(lambda client: client.adapter.get(f"/v1/{quote(path)}", params=query), what, open)

    def list(self, path: str) -> Answer | Unseen:
        """The keys below a path."""
        return self._ask(lambda client: client.adapter.list(f"/v1/{quote(path.rstrip('/'))}"), f"the list of {path}")

    def post(self, path: str, what: str, given: dict[str, object]) -> Answer | Unseen:
        """Write to a path: only logins of our own are made and taken back so, and values where they are rotated."""
        return self._ask(lambda client: client.adapter.post(f"/v1/{quote(path)}", json=given), what)

    def delete(self, path: str, what: str) -> Answer | Unseen:
        """Delete what lies at a path."""
        return self._ask(lambda client: client.adapter.delete(f"/v1/{quote(path)}"), what)

    def transport(self) -> Transport | Unseen:
        """How the connection is protected."""
        return transport_of(self.url, Path(self._ca) if self._ca else None, self._limits.connect)

    def close(self) -> None:
        """Give a token that was made here back, and close the connections."""
        if self._hvac is None:
            return
        if self._own_login and self._refused is None:
            self.post("auth/token/revoke-self", "the token of prodproof", {})
        self._hvac.session.close()
        self._hvac = None

    def _ask(self, question: Callable[[Any], Any], what: str, open: bool = False) -> Answer | Unseen:
        from prodproof.reach.secrets._vault_session import why

        try:
            client = self._client()
            if not open and (refused := self._logged_in(client)):
                return Unseen(refused.why, f"{what}: {refused.detail}")
            answer = question(client)
            if not isinstance(answer, dict):
                # An answer without a body: what was posted is done.
                return Answer({}) if answer.status_code == 204 else Unseen(Reason.INCOMPLETE, f"{what}: no JSON answer")
            data = answer.get("data")
            found = data if isinstance(data, dict) else answer
            return Answer(found, str(answer.get("lease_id") or ""), str(answer.get("request_id") or ""))
        except Exception as error:
            return why(error, what)

    def _client(self) -> Any:
        if self._hvac is None:
            import hvac

            from prodproof.reach.secrets._vault_session import BoundedSession

            session = BoundedSession(self._limits, self._ca)
            # The empty token keeps hvac from taking one that lies in this machine's environment or home folder.
            self._hvac = hvac.Client(
                url=self.url, token="", session=session, verify=self._ca or True, allow_redirects=False
            )
        return self._hvac

    def _logged_in(self, client: Any) -> Unseen | None:
        if self._refused is not None or client.token:
            return self._refused
        if self._credentials is None:
            self._refused = Unseen(Reason.NOT_DECLARED, "no credentials; see `credentials` of [[secret_manager]]")
        elif in_clear(self.url):
            self._refused = Unseen(Reason.NOT_PERMITTED, "a token is not sent over plain HTTP")
        else:
            self._refused = self._login(client, self._credentials)
        return self._refused

    def _login(self, client: Any, credentials: Secret) -> Unseen | None:
        from prodproof.reach.secrets._vault_session import why

        role, separator, secret = credentials.reveal().partition(":")
        if not separator:
            client.token = role
            return None
        try:
            answer = client.adapter.post("/v1/auth/approle/login", json={"role_id": role, "secret_id": secret})
            client.token = str(answer["auth"]["client_token"])
        except Exception as error:
            unseen = why(error, "the login")
            # Vault says 400 to a role or secret id that it does not know.
            denied = unseen.why in (Reason.INCOMPLETE, Reason.NOT_CONFIGURED) and "InvalidRequest" in unseen.detail
            return Unseen(Reason.DENIED, "the login: Vault refuses it") if denied else unseen
        self._own_login = True
        return None


def moment(text: object) -> datetime | None:
    """A time as Vault writes it (RFC 3339 with nanoseconds); None for an empty or zero one."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", str(text or ""))
    if found is None or found[1].startswith("0001"):
        return None
    try:
        return datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
