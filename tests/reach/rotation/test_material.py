"""How a login stands in a secret: read, replaced, and never shown."""

import pickle

import pytest

from prodproof.facts import Unseen
from prodproof.reach.rotation.material import AccessKeyForm, Login, LoginForm, Material
from prodproof.reach.secret import Secret

REF, USER = "vault:kv/db#password", "vault:kv/db#user"


def material(text: str, user: str | None = None) -> Material:
    values = {REF: Secret(text)}
    return Material(values if user is None else {**values, USER: Secret(user)})


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "postgresql://a:old@db.internal:5433/shop?sslmode=verify-full",
            "postgresql://b:n%3Aew%40%2F@db.internal:5433/shop?sslmode=verify-full",
        ),
        ("redis://a:old@[::1]:6379/0", "redis://b:n%3Aew%40%2F@[::1]:6379/0"),
        ("postgres://a:o%40ld@db/shop", "postgres://b:n%3Aew%40%2F@db/shop"),
        ('{"username": "a", "password": "old", "port": 5432}', '{"username": "b", "password": "n:ew@/", "port": 5432}'),
        ('{"user": "a", "password": "old"}', '{"user": "b", "password": "n:ew@/"}'),
    ],
)
def test_a_login_is_replaced_and_the_rest_stays(text: str, after: str) -> None:
    form = LoginForm(REF)
    login = form.read(material(text))
    assert isinstance(login, Login) and login.user == "a" and login.password in ("old", "o@ld")
    new = form.with_login(material(text), Login("b", "n:ew@/"))
    assert new.reveal() == {REF: after}
    again = form.read(new)
    assert isinstance(again, Login) and (again.user, again.password) == ("b", "n:ew@/")


def test_a_user_may_be_kept_beside_the_password() -> None:
    form = LoginForm(REF, USER)
    assert form.references == (REF, USER)
    new = form.with_login(material("old", "a"), Login("b", "new"))
    assert new.reveal() == {REF: "new", USER: "b"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("just-a-password", "user_ref says where"),
        ("postgresql://db/shop", "no user with a password"),
        ("postgresql://a@db/shop", "no user with a password"),
        ("postgresql://[::1/shop", "no URL that can be read"),
        ('{"username": "a"}', "no username and password"),
    ],
)
def test_what_holds_no_login_is_told_without_its_value(text: str, says: str) -> None:
    seen = LoginForm(REF).read(material(text))
    assert isinstance(seen, Unseen) and says in seen.detail and text not in seen.detail


def test_it_shows_itself_to_nobody() -> None:
    one = material("the-value")
    assert "the-value" not in f"{one} {one!r} {Login('a', 'the-value')!r}"
    with pytest.raises(TypeError):
        pickle.dumps(one)
    with pytest.raises(TypeError):
        hash(one)
    assert one == material("the-value") and one != material("another") and one != "the-value"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("AKIA1:s/e+c:ret", "AKIA2:n:ew/"),
        (
            '{"bucket": "b", "access_key_id": "AKIA1", "secret_access_key": "s/e+c:ret"}',
            '{"bucket": "b", "access_key_id": "AKIA2", "secret_access_key": "n:ew/"}',
        ),
        (
            '{"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s/e+c:ret"}',
            '{"AWS_ACCESS_KEY_ID": "AKIA2", "AWS_SECRET_ACCESS_KEY": "n:ew/"}',
        ),
    ],
)
def test_an_access_key_is_replaced_and_the_rest_stays(text: str, after: str) -> None:
    form = AccessKeyForm(REF)
    key = form.read(material(text))
    assert isinstance(key, Login) and (key.user, key.password) == ("AKIA1", "s/e+c:ret")
    assert form.with_login(material(text), Login("AKIA2", "n:ew/")).reveal() == {REF: after}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("only-the-secret-part", "no KEY_ID:SECRET: user_ref"),
        (":x", "no KEY_ID:SECRET"),
        ('{"access_key_id": "AKIA1"}', "no access_key_id and secret_access_key"),
    ],
)
def test_what_holds_no_access_key_is_told_without_its_value(text: str, says: str) -> None:
    seen = AccessKeyForm(REF).read(material(text))
    assert isinstance(seen, Unseen) and says in seen.detail and text not in seen.detail
