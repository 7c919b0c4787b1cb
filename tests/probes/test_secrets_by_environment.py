"""Secrets of production and staging, by component and under one key."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import encode
from prodproof.facts.declared import Declared, Secret
from prodproof.facts.secret_use import SecretsByEnvironment
from prodproof.guarantees.secrets.distinct_per_environment import judge
from prodproof.probes import secrets_by_environment
from prodproof.verdicts import Kind, Verdict
from tests.probes.secret_shop import MOUNT, SecretShop
from tests.servers.vault import running


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SecretShop]:
    (tmp_path / "vault").mkdir()
    with running(tmp_path / "vault", [MOUNT]) as vault:
        yield SecretShop(tmp_path / "shop", vault)


def look(
    shop: SecretShop, declared: Declared | None = None, key: bytes = b"\x02" * 32
) -> SecretsByEnvironment | Unseen:
    about = declared or shop.declared()
    survey = secrets_by_environment.observe.observe(about, shop.world(about, key))
    (observation,) = survey.observations  # type: ignore[union-attr]  # a survey
    assert str(observation.subject) == "system:shop"
    seen = observation.seen
    assert isinstance(seen, SecretsByEnvironment | Unseen)
    return seen


def judged(shop: SecretShop, declared: Declared | None = None) -> Verdict:
    seen = look(shop, declared)
    assert isinstance(seen, SecretsByEnvironment), seen
    return judge(seen)


def test_nothing_is_shared_and_no_value_is_in_the_fact(shop: SecretShop) -> None:
    seen = look(shop)
    assert isinstance(seen, SecretsByEnvironment)
    assert [(item.name, item.production, item.unread) for item in seen.environments] == [
        ("production", True, ()),
        ("staging", False, ()),
    ]
    assert judge(seen).kind is Kind.HOLDS
    values = (*shop.variables.values(), *shop.staging.values())
    assert not any(value in str(encode(seen)) for value in values)


def test_the_same_value_in_the_manager(shop: SecretShop) -> None:
    shop.rotate("staging", "db", shop.variables["SHOP_DB"])
    found = judged(shop)
    assert found.kind is Kind.BROKEN and len(found.findings) == 1
    assert "the secret staging-db there is the secret db here" in found.message


def test_in_the_process_of_staging_alone(shop: SecretShop) -> None:
    shop.staging["SHOP_SECRET_KEY"] = shop.variables["SHOP_SECRET_KEY"]
    assert "the setting SECRET_KEY there is the secret key here" in judged(shop).message


def test_a_password_inside_a_url(shop: SecretShop) -> None:
    shop.staging["REPORTS"] = f"postgres://other:{shop.variables['SHOP_DB']}@db.staging.example/reports"
    found = judged(shop)
    assert "the variable REPORTS (password) there is the secret db here" in found.message


def test_public_values_are_left_out(shop: SecretShop) -> None:
    shop.variables["MAP_API_KEY"] = shop.staging["MAP_API_KEY"] = "pk-for-everybody"
    assert judged(shop).kind is Kind.BROKEN
    declared = shop.declared()
    public = Secret(name="map", ref="env:MAP_API_KEY", variable="MAP_API_KEY", public=True)
    found = judged(shop, replace(declared, all_secrets=(*declared.all_secrets, public)))
    assert found.kind is Kind.HOLDS, found.message


def test_without_a_key_it_is_unseen(shop: SecretShop) -> None:
    seen = look(shop, key=b"")
    assert isinstance(seen, Unseen) and seen.why is Reason.NOT_CONFIGURED


def test_a_store_or_application_that_is_away(shop: SecretShop) -> None:
    declared = shop.declared()
    away = replace(declared.all_django[1], manage=("sh", "-c", "echo 'service is not running' >&2; exit 1"))
    found = judged(shop, replace(declared, all_django=(declared.all_django[0], away)))
    assert (found.kind, found.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)
    (shop.directory.parent / "token").write_text("refused")
    found = judged(shop)
    assert (found.kind, found.reason) == (Kind.UNKNOWN, Reason.DENIED)


def test_what_the_manager_has_not_cannot_be_shared(shop: SecretShop) -> None:
    shop.vault.ask("DELETE", "secret/metadata/staging/key")
    assert judged(shop).kind is Kind.HOLDS


def test_an_environment_of_which_nothing_is_declared(shop: SecretShop) -> None:
    declared = shop.declared()
    bare = replace(declared, all_secrets=declared.secrets, all_django=declared.django)
    found = judged(shop, bare)
    assert (found.kind, found.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)


def test_one_variable_of_this_machine_stands_for_one_environment(
    shop: SecretShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "a-token-of-one-of-them")
    both = tuple(
        Secret(name=f"{env}-token", ref="env:SHOP_TOKEN", environment=env) for env in ("production", "staging")
    )
    found = judged(shop, replace(shop.declared(), all_secrets=both, django=(), all_django=()))
    assert (found.kind, found.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
