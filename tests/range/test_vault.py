"""The secret manager of the range: each service reads its own, prodproof reads and changes nothing, mending mends."""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from prodproof.range import Range
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.vault import READER, Vault
from prodproof.range.components.vault_secrets import DATABASE, PRODUCTION, SECRET_KEY, STAGING, USER_VARIABLE
from prodproof.range.places import Form
from tests.range.parts import range_of


@pytest.fixture(scope="module")
def harbour() -> Iterator[Range]:
    with range_of(Form.EMBEDDED, PrivateAuthority, Vault) as made:
        yield made


def ask(harbour: Range, method: str, path: str, data: dict[str, Any] | None = None, token: str = "") -> Any:
    """A request over TLS, with the authority that the vantage trusts."""
    context = ssl.create_default_context(cafile=os.fspath(harbour.vantage.ca_file))
    body = None if data is None else json.dumps(data).encode()
    url = f"{harbour.part(Vault).url}/v1/{path}"
    request = urllib.request.Request(url, body, {"X-Vault-Token": token}, method=method)
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.loads(answer.read())


def log_in(harbour: Range, who: str) -> str:
    role, _, secret = harbour.part(Vault).login_file(who).read_text().partition(":")
    answer = ask(harbour, "POST", "auth/approle/login", {"role_id": role, "secret_id": secret})
    return str(answer["auth"]["client_token"])


def code(harbour: Range, token: str, path: str, method: str = "GET", data: dict[str, Any] | None = None) -> int:
    try:
        ask(harbour, method, path, data, token)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_each_service_is_given_its_own_secrets(harbour: Range) -> None:
    vault = harbour.part(Vault)
    shop, staging = vault.handed_to("shop"), vault.handed_to("shop-staging")
    assert set(shop) == set(staging) and len(shop) >= 5
    assert not set(shop.values()) & set(staging.values())
    assert shop["HARBOUR_SECRET_KEY"] == vault.value(PRODUCTION, SECRET_KEY)


def test_a_service_reads_nothing_of_another_environment(harbour: Range) -> None:
    token = log_in(harbour, "shop-staging")
    assert code(harbour, token, "secret/data/harbour/staging/database") == 200
    assert code(harbour, token, "secret/data/harbour/production/database") == 403
    assert code(harbour, token, "sys/audit") == 403


def test_prodproof_reads_and_changes_nothing(harbour: Range) -> None:
    token = log_in(harbour, READER)
    assert code(harbour, token, "secret/data/harbour/production/database") == 200
    assert code(harbour, token, "sys/policies/acl/shop") == 200
    for path in ("secret/data/harbour/production/database", "sys/policies/acl/shop"):
        assert code(harbour, token, path, "POST", {"data": {"password": "x"}, "policy": ""}) == 403


def test_what_is_kept_is_for_the_starter_alone_and_in_no_log(harbour: Range) -> None:
    vault = harbour.part(Vault)
    values = [value for name, value in vault.handed_to("shop").items() if name != USER_VARIABLE]
    for file in (vault.etc / "vault.json", vault.etc / "root-token", vault.login_file("shop"), vault.trail):
        assert file.stat().st_mode & 0o077 == 0, file
    trail = vault.trail.read_text()
    assert "harbour/production/database" in trail
    assert not any(value in trail for value in values)


def test_changes_act_at_once_and_are_mended(harbour: Range) -> None:
    vault = harbour.part(Vault)
    before = vault.handed_to("shop")
    vault.put(PRODUCTION, DATABASE, "another one")
    vault.forget(STAGING, SECRET_KEY)
    vault.refuse(READER)
    assert vault.handed_to("shop") == {**before, "HARBOUR_DATABASE_PASSWORD": "another one"}
    with pytest.raises(urllib.error.HTTPError):
        vault.handed_to("shop-staging")
    with pytest.raises(urllib.error.HTTPError):
        log_in(harbour, READER)
    harbour.settle()
    harbour.mend()
    assert vault.handed_to("shop") == before
    assert len(vault.handed_to("shop-staging")) >= 5
    assert log_in(harbour, READER)


def test_a_service_that_is_refused_is_let_in_again_by_mending(harbour: Range) -> None:
    vault = harbour.part(Vault)
    vault.refuse("shop")
    with pytest.raises(urllib.error.HTTPError):
        vault.handed_to("shop")
    harbour.mend()
    assert vault.handed_to("shop") and not vault.drifted()
