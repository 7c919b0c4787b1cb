"""What is told from a secret, and that random values are not."""

import random
import string

import pytest

from prodproof.trace.patterns.noise import (
    is_no_entry,
    is_no_password,
    is_no_token,
    is_other_name,
    is_placeholder,
    is_random,
    is_weak_word,
)
from prodproof.trace.patterns.places import is_beside_the_point, path_pattern
from prodproof.trace.patterns.words import is_phrase, is_wordlike, is_wordy, runs


def each(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    "value",
    each("""changeme change-me xxxxxxxxxxxx your-api-key <your-token> AKIAEXAMPLE0000 0123456789abcdef
    abababababab 00000000  REPLACE_ME my.dummy.value qwertyuiop ${TOKEN} {{token}} 1234567890
    deadbeefdeadbeef abcdefghijklmnop ********"""),
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value.encode())


@pytest.mark.parametrize(
    "value",
    each("""password secret admin user_password newPassword ${DB_PASSWORD} $DB_PASSWORD {{password}} <password>
    %s %(password)s  os.environ config.password getPassword() settings.DB_PASSWORD true null none
    required https://host/reset ./secrets/db  /run/secrets/db test1234 testpass
    please_enter_your_password secrets.yaml {0} ENC[AES256,x] vault:secret/db 12345
    required|string|max:255 id=mysecret ********"""),
)
def test_no_passwords(value: str) -> None:
    assert is_no_password(value.encode(), "password", b'"')


@pytest.mark.parametrize(
    "value", each("""hunter22 Summer2024! kT9vQz2w welcome123 p#9xL@2q correct7horse swordfish!23""")
)
def test_passwords(value: str) -> None:
    assert not is_no_password(value.encode(), "db_password", b'"')


@pytest.mark.parametrize(
    "value",
    each("""access_token your-token-here oauth2-id-map accessTokenExpired 1.13.5-no-vault
    7a2f9a42-89e5-40be-9dbf-31f4cbf63d51  if_you_see_this_use_k8s if_you_see_this_please_use_k8s
    $STAGE_2_TOKEN short me@host.internal
    sha256:abcdef application/json"""),
)
def test_no_tokens(value: str) -> None:
    assert is_no_token(value.encode(), "token", b'"')


@pytest.mark.parametrize(
    "name",
    each("""password_field tokenUrl secretName public_key password-hash api_key_sha256 csrfToken nextPageToken
    passwordLabel  get_password token_type max_tokens"""),
)
def test_names_of_other_things(name: str) -> None:
    assert is_other_name(name)


@pytest.mark.parametrize("name", each("""password DB_PASSWORD apiKey client.secret authToken jwt_secret_key passwd2"""))
def test_names_of_secrets(name: str) -> None:
    assert not is_other_name(name)


def test_what_is_glued_to_an_expression_is_a_part_of_it() -> None:
    assert not is_no_password(b"kT9vQz2w", "password", b'";')
    assert is_no_password(b"kT9vQz2w", "password", b'" + suffix')
    assert is_no_password(b"kT9vQz2w", "password", b"(now)")
    assert is_no_password(b"kT9vQz2w", "password", b"{suffix}")
    assert is_no_password(b"kT9v-{alnum:12}", "password", b"")


@pytest.mark.parametrize(
    ("alphabet", "length", "most"),
    [
        (string.ascii_letters + string.digits, 20, 0.01),
        (string.ascii_letters + string.digits, 32, 0.01),
        ("0123456789abcdef", 32, 0.01),
        (string.ascii_letters + string.digits + "+/", 40, 0.02),
        (string.ascii_letters + string.digits + "-_", 43, 0.01),
        (string.ascii_lowercase + string.digits, 24, 0.02),
    ],
)
def test_random_values_are_no_noise(alphabet: str, length: int, most: float) -> None:
    source = random.Random(f"{alphabet} {length}")
    values = ["".join(source.choices(alphabet, k=length)).encode() for _ in range(2000)]
    for sieve in (is_no_token, is_no_password):
        assert sum(sieve(value, "api_key", b'"') for value in values) <= most * len(values)


def test_words() -> None:
    assert runs("dbPassword_OLD-2") == ["db", "password", "old"]
    assert is_wordlike("password")
    assert not is_wordlike("xkqzvbjw")
    assert is_wordy("current-user-name")
    assert not is_wordy("kT9vQz2wLm4x")
    assert is_phrase("please_change_this_value")
    assert not is_phrase("WcRMPUDieeSLQLedleP2")


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("*.env", "a/b/prod.env", True),
        ("*.env", "a/prod.env.py", False),
        (".env*", "x.tar!app/.env.local", True),
        ("config/*.key", "app/config/master.key", True),
        ("config/*.key", "app/config/old/master.key", False),
        ("config/**", "app/config/old/master.key", True),
        ("**/id_rsa", "id_rsa", True),
        ("Dockerfile*", "DOCKERFILE.prod", True),
        ("?.key", "ab.key", False),
    ],
)
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert (path_pattern((glob,)).search(path) is not None) is fits


@pytest.mark.parametrize(
    "path", each("""tests/a.py src/test/java/A.java a/b_test.go web/app.spec.ts docs/x.rst a.min.js""")
)
def test_places_of_tests_and_of_what_programs_write(path: str) -> None:
    assert is_beside_the_point(path)


@pytest.mark.parametrize("path", each("""src/app.py deploy/contest.yml latest/settings.py .env attestation/key.txt"""))
def test_other_places(path: str) -> None:
    assert not is_beside_the_point(path)


# In halves, so that no scanner takes this file for a leak.
AZURITE = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6" + "IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
COSMOS = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2n" + "Q9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="


@pytest.mark.parametrize("value", [AZURITE, COSMOS])
def test_keys_of_emulators_are_no_secrets(value: str) -> None:
    assert is_placeholder(value.encode())
    assert not is_placeholder(value[::-1].encode())


@pytest.mark.parametrize("value", each("swordfish hunter22 root password ExamplePas123 123456"))
def test_weak_passwords_in_a_tools_own_file_are_passwords(value: str) -> None:
    assert not is_no_entry(value.encode(), "password")


@pytest.mark.parametrize("value", each("changeme ${PASSWORD} <password> your_password **** password_here getenv('X')"))
def test_placeholders_in_a_tools_own_file_are_none(value: str) -> None:
    assert is_no_entry(value.encode(), "password")


def test_weak_words() -> None:
    assert is_weak_word(b"test_password")
    assert not is_weak_word(b"swordfish")


@pytest.mark.parametrize("value", each("kT9vQz2w 9f86d081884c7d65 WcRMPU3ieeSL7LedleP2 q1-Zz8_t7Yw4"))
def test_what_has_no_meaning(value: str) -> None:
    assert is_random(value.encode())


@pytest.mark.parametrize(
    "value", each("Passw0rd! P@ssw0rd123 hunter22 test-token secret123 swordfish access_token 12345678")
)
def test_what_somebody_made_up(value: str) -> None:
    assert not is_random(value.encode())


def test_a_weak_password_of_a_host_in_the_world_is_one() -> None:
    assert not is_no_password(b"admin", "", b"@ci.shop.io/x")
    assert is_no_password(b"admin", "", b"@localhost/x")
    assert is_no_password(b"password", "", b"@ci.shop.io/x")
    assert is_no_password(b"admin", "", b"@www.example.com/x")


def test_an_identifier_is_a_secret_under_a_secrets_name() -> None:
    value = b"7a2f9a42-89e5-40be-9dbf-31f4cbf63d51"
    assert not is_no_token(value, "client_secret", b"")
    assert is_no_token(value, "token_id", b"")
