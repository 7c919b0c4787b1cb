"""Declared secrets in a Vault beside what a running Django application has."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Survey, Unseen
from prodproof.facts.codec import encode
from prodproof.facts.declared import Declared, Secret
from prodproof.facts.secret_use import AppSecrets, Fit, Kept, SecretKept, SecretUse, WrittenSecret, WrittenSecrets
from prodproof.probes import secret_use, written_secrets
from prodproof.probes._effective_secrets import tells_of_a_secret
from tests.probes.secret_shop import MOUNT, SETTINGS, SecretShop
from tests.servers.vault import running

IN_SETTING, IN_VARIABLE = "the setting SECRET_KEY", "the variable SHOP_SECRET_KEY"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SecretShop]:
    (tmp_path / "vault").mkdir()
    with running(tmp_path / "vault", [MOUNT]) as vault:
        yield SecretShop(tmp_path / "shop", vault)


def look(shop: SecretShop, declared: Declared | None = None, key: bytes = b"\x02" * 32) -> tuple[Survey[Any], ...]:
    about = declared or shop.declared()
    answer = secret_use.observe.observe(about, shop.world(about, key))
    assert isinstance(answer, tuple)
    return answer


def kept(shop: SecretShop, declared: Declared | None = None) -> dict[str, SecretKept | Unseen]:
    return {item.subject.name: item.seen for item in look(shop, declared)[0].observations}


def of_app(shop: SecretShop, declared: Declared | None = None) -> AppSecrets | Unseen:
    (observation,) = look(shop, declared)[1].observations
    assert str(observation.subject) == "app:shop#production"
    seen = observation.seen
    assert isinstance(seen, AppSecrets | Unseen)
    return seen


def one(shop: SecretShop, secret: Secret, **changes: Any) -> SecretKept | Unseen:
    return kept(shop, replace(shop.declared(), secrets=(secret,), **changes))[secret.name]


def test_current_everywhere_and_no_value_in_any_fact(shop: SecretShop) -> None:
    found = kept(shop)
    for name in ("key", "db"):
        seen = found[name]
        assert isinstance(seen, SecretKept), seen
        assert (seen.kept, seen.store, seen.found, seen.version) == (Kept.MANAGER, "vault", True, "1")
        assert {use.fit for use in seen.uses} == {Fit.CURRENT}
        # SHOP_DB does not sound like a secret: the application says nothing of it.
        assert len(seen.uses) == {"key": 2, "db": 1}[name]
    app = of_app(shop)
    assert isinstance(app, AppSecrets) and app.unexplained == () and app.explained == 2
    facts = str([encode(item) for item in (*found.values(), app)])
    assert not any(value in facts for value in shop.variables.values())


def test_an_earlier_version_is_told_from_another_value(shop: SecretShop) -> None:
    shop.rotate("production", "key")
    shop.variables["SHOP_DB"] = secrets.token_urlsafe(40)
    found = kept(shop)
    key, database = found["key"], found["db"]
    assert isinstance(key, SecretKept) and isinstance(database, SecretKept)
    assert {use.fit for use in key.uses} == {Fit.EARLIER} and key.version == "2"
    assert {use.fit for use in database.uses} == {Fit.OTHER}


def test_a_literal_beside_the_right_variable(shop: SecretShop) -> None:
    shop.write("shop/settings.py", f"{SETTINGS}SECRET_KEY = '{secrets.token_urlsafe(40)}'\n")
    seen = kept(shop)["key"]
    assert isinstance(seen, SecretKept)
    assert set(seen.uses) == {
        SecretUse(place=IN_SETTING, fit=Fit.OTHER),
        SecretUse(place=IN_VARIABLE, fit=Fit.CURRENT),
    }


def test_none_in_the_manager(shop: SecretShop) -> None:
    shop.vault.ask("DELETE", "secret/metadata/production/key")
    seen = kept(shop)["key"]
    assert isinstance(seen, SecretKept) and not seen.found and seen.detail == "there is none"


def test_what_nobody_declared(shop: SecretShop) -> None:
    shop.variables["MAP_API_KEY"] = secrets.token_urlsafe(24)
    shop.variables["REPORTS"] = f"postgres://reports:{secrets.token_urlsafe(24)}@db.example/reports"
    shop.variables["SAME_TOKEN"] = shop.variables["SHOP_DB"]
    app = of_app(shop)
    assert isinstance(app, AppSecrets)
    assert [item.place for item in app.unexplained] == ["the variable MAP_API_KEY", "the variable REPORTS (password)"]


def test_a_replaced_key_may_stand_beside_the_new_one(shop: SecretShop) -> None:
    before = shop.variables["SHOP_SECRET_KEY"]
    shop.variables["SHOP_SECRET_KEY"] = shop.rotate("production", "key")
    shop.write("shop/settings.py", f"{SETTINGS}SECRET_KEY_FALLBACKS = [os.environ['OLD_KEY']]\n")
    shop.variables["OLD_KEY"] = before
    app = of_app(shop)
    assert isinstance(app, AppSecrets) and app.unexplained == ()


def test_a_refused_token_is_denied(shop: SecretShop) -> None:
    (shop.directory.parent / "token").write_text(secrets.token_hex(12))
    assert {seen.why for seen in kept(shop).values() if isinstance(seen, Unseen)} == {Reason.DENIED}
    app = of_app(shop)
    assert isinstance(app, AppSecrets) and [item.why for item in app.unread] == [Reason.DENIED] * 2


def test_no_credentials_are_no_absence(shop: SecretShop) -> None:
    declared = shop.declared()
    managers = tuple(replace(item, credentials=None) for item in declared.all_secret_managers)
    seen = kept(shop, replace(declared, all_secret_managers=managers))["key"]
    assert isinstance(seen, Unseen) and seen.why is Reason.NOT_DECLARED


def test_an_application_that_is_away_or_not_declared(shop: SecretShop) -> None:
    declared = shop.declared()
    away = replace(declared.django[0], manage=("sh", "-c", "echo 'service is not running' >&2; exit 1"))
    seen = kept(shop, replace(declared, django=(away,)))["key"]
    assert isinstance(seen, SecretKept) and seen.found and seen.uses == ()
    assert seen.unasked is not None and seen.unasked.why is Reason.UNREACHABLE
    first, second = look(shop, replace(declared, django=()))
    (undeclared, _) = (item.seen for item in first.observations)
    assert isinstance(undeclared, SecretKept) and undeclared.unasked is not None
    assert undeclared.unasked.why is Reason.NOT_CONFIGURED
    assert [gap.why for gap in second.gaps] == [Reason.NOT_CONFIGURED]


def test_without_a_key_or_a_secret_nothing_is_compared(shop: SecretShop) -> None:
    for survey in look(shop, key=b""):
        assert [gap.why for gap in survey.gaps] == [Reason.NOT_CONFIGURED] and not survey.observations
    empty, _ = look(shop, replace(shop.declared(), secrets=()))
    assert [gap.why for gap in empty.gaps] == [Reason.NOT_DECLARED]


def test_a_variable_of_the_process_is_injected(shop: SecretShop, monkeypatch: pytest.MonkeyPatch) -> None:
    injected = Secret(name="key", ref="env:SHOP_SECRET_KEY", setting="SECRET_KEY")
    seen = one(shop, injected)
    assert isinstance(seen, SecretKept) and (seen.kept, seen.found) == (Kept.ENVIRONMENT, True)
    assert [use.fit for use in seen.uses] == [Fit.CURRENT] * 2
    monkeypatch.setenv("SHOP_SECRET_KEY", secrets.token_urlsafe(40))
    other = one(shop, injected)
    assert isinstance(other, SecretKept) and {use.fit for use in other.uses} == {Fit.OTHER}
    absent = one(shop, replace(injected, ref="env:NOBODY_HAS_THIS_KEY"))
    assert isinstance(absent, SecretKept) and not absent.found


def test_a_variable_that_does_not_sound_secret_is_not_called_missing(shop: SecretShop) -> None:
    seen = one(shop, Secret(name="db", ref="env:SHOP_DB", setting="DATABASES.default.PASSWORD"))
    assert isinstance(seen, Unseen) and seen.why is Reason.NOT_CONFIGURED


def test_known_to_the_application_alone(shop: SecretShop) -> None:
    itself = Secret(name="key", ref="django:SECRET_KEY", setting="SECRET_KEY")
    seen = one(shop, itself)
    assert isinstance(seen, SecretKept) and seen.kept is Kept.APPLICATION and seen.injected
    shop.write("shop/settings.py", f"{SETTINGS}SECRET_KEY = '{secrets.token_urlsafe(40)}'\n")
    literal = one(shop, itself)
    assert isinstance(literal, SecretKept) and not literal.injected


def test_a_file_is_injected_unless_the_repository_holds_it(shop: SecretShop) -> None:
    value = shop.variables["SHOP_SECRET_KEY"]
    outside = shop.directory.parent / "key"
    outside.write_text(value)
    shop.write("deploy/key", value)
    mounted = Secret(name="key", ref=f"file:{outside}", setting="SECRET_KEY")
    seen = one(shop, mounted)
    assert isinstance(seen, SecretKept) and (seen.kept, seen.committed) == (Kept.MOUNTED, "")
    assert [use.fit for use in seen.uses] == [Fit.CURRENT]
    inside = one(shop, replace(mounted, ref="file:deploy/key"))
    assert isinstance(inside, SecretKept) and inside.committed == "deploy/key"
    none = one(shop, replace(mounted, ref="file:nowhere"))
    assert isinstance(none, Unseen) and none.why is Reason.NOT_CONFIGURED


def test_a_setting_that_is_not_there(shop: SecretShop) -> None:
    declared = shop.declared()
    seen = one(shop, replace(declared.secrets[0], setting="SIGNING_KEY", variable=None))
    assert isinstance(seen, SecretKept) and [use.fit for use in seen.uses] == [Fit.ABSENT]


# ---- the source


def written(shop: SecretShop) -> WrittenSecrets | Unseen:
    declared = replace(shop.declared(), trusted=False)
    (observation,) = written_secrets.observe.observe(declared, shop.world(declared)).observations  # type: ignore[union-attr]  # a survey
    seen = observation.seen
    assert isinstance(seen, WrittenSecrets | Unseen)
    return seen


def names(seen: WrittenSecrets | Unseen) -> list[tuple[str, str, bool]]:
    assert isinstance(seen, WrittenSecrets), seen
    return [(item.name, item.variable, item.deployment) for item in seen.written]


def test_settings_without_any_text(shop: SecretShop) -> None:
    seen = written(shop)
    assert isinstance(seen, WrittenSecrets) and (seen.module, seen.written) == ("shop.settings", ())


def test_literals_and_defaults_with_their_places(shop: SecretShop) -> None:
    shop.write(
        "shop/settings.py",
        'import os\nSECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "insecure")\n'
        f'MAP_API_KEY = "{secrets.token_urlsafe(20)}"\n'
        f'CACHE = "redis://:{secrets.token_urlsafe(20)}@cache.example"\n'
        'EMPTY_TOKEN = os.environ.get("T", "")\nTOKEN_TYPE_CLAIM = "token_type"\n'
        "INSTALLED_APPS = []\nMIDDLEWARE = []\nDATABASES = {}\n",
    )
    seen = written(shop)
    assert sorted(names(seen)) == [
        ("CACHE (password)", "", False),
        ("MAP_API_KEY", "", False),
        ("SECRET_KEY", "SHOP_SECRET_KEY", False),
    ]
    assert isinstance(seen, WrittenSecrets)
    (default,) = (item for item in seen.written if item.variable)
    assert default.looks_default and default.location is not None and str(default.location) == "shop/settings.py:2"


def test_variables_that_deployment_files_set(shop: SecretShop) -> None:
    shop.write(
        "deploy/production.env",
        f"SHOP_SECRET_KEY={secrets.token_urlsafe(30)}\nSHOP_KEY_FILE=/run/secrets/key\nPUBLIC_TOKEN=$TOKEN\nDEBUG=0\n"
        f"REPORTS=postgres://reports:{secrets.token_urlsafe(20)}@db/reports\nSHOP_DB=ENC[AES256_GCM,data:abc]\n",
    )
    assert names(written(shop)) == [("REPORTS", "REPORTS", True), ("SHOP_SECRET_KEY", "SHOP_SECRET_KEY", True)]


@pytest.mark.parametrize("line", ["exec(open('more.py').read())", "globals().update(more)", "SECRET_KEY = ((("])
def test_source_that_cannot_be_followed_is_no_proof(shop: SecretShop, line: str) -> None:
    shop.write("shop/settings.py", f"{SETTINGS}{line}\n")
    seen = written(shop)
    assert isinstance(seen, Unseen) and seen.why is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("name", "component", "expected"),
    [
        ("SECRET_KEY", "", True),
        ("SECRET_KEY_FALLBACKS.0", "", True),
        ("SIMPLE_JWT.SIGNING_KEY", "", True),
        ("SIMPLE_JWT.TOKEN_TYPE_CLAIM", "", False),
        ("PASSWORD_RESET_CONFIRM_URL", "", False),
        ("SLACK_WEBHOOK_URL", "", True),
        ("GPG_KEY", "", False),
        ("DATABASE_NAME", "password", True),
    ],
)
def test_names_that_tell_of_a_secret(name: str, component: str, expected: bool) -> None:
    assert tells_of_a_secret(name, component) is expected


def test_a_written_secret_holds_no_value() -> None:
    assert set(WrittenSecret.__dataclass_fields__) == {
        "name", "variable", "deployment", "looks_default", "location",
    }  # fmt: skip
