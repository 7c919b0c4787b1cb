"""The tables about secrets: what they declare, and how mistakes in them are told."""

from datetime import date
from pathlib import Path

import pytest

from prodproof.facts import Subject
from prodproof.facts.declared import Log, Power, Secret, SecretManager
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load

HEAD = 'version = 1\nname = "shop"\n'
VAULT = '[[secret_manager]]\nname = "vault"\nkind = "vault"\nurl = "https://vault.example:8200"\n'
ENVIRONMENTS = '[[environment]]\nname = "production"\n[[environment]]\nname = "staging"\nkind = "staging"\n'


def write(directory: Path, text: str) -> Path:
    file = directory / "prodproof.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def problems(directory: Path, text: str) -> list[str]:
    with pytest.raises(SystemFileError) as caught:
        load(write(directory, text), today=date(2026, 11, 21))
    return [f"{problem.line}: {problem.key}: {problem.message}" for problem in caught.value.problems]


def test_a_secret_says_where_it_is_seen_and_what_it_may(tmp_path: Path) -> None:
    text = (
        '[[secret]]\nname = "db"\nref = "vault:secret/shop/db#password"\nsetting = "DATABASES.default.PASSWORD"\n'
        'variable = "DB_PASSWORD"\nexpires = 2027-01-31\n'
        'may = ["postgres: SELECT, INSERT on orders, customers", "s3:GetObject arn:aws:s3:::shop/*", "smtp: send"]\n'
    )
    (secret,) = load(write(tmp_path, text)).secrets
    assert (secret.kind, secret.setting, secret.variable) == ("vault", "DATABASES.default.PASSWORD", "DB_PASSWORD")
    assert secret.expires == date(2027, 1, 31)
    assert secret.subject == Subject("secret", "db")
    assert secret.may == (
        Power(service="postgres", actions=("SELECT", "INSERT"), resources=("orders", "customers")),
        Power(service="aws", actions=("s3:GetObject",), resources=("arn:aws:s3:::shop/*",)),
        Power(service="smtp", actions=("send",)),
    )


def test_several_actions_and_resources_of_aws() -> None:
    power = Power.parse("s3:GetObject, s3:PutObject arn:aws:s3:::a/*, arn:aws:s3:::b/*")
    assert power.actions == ("s3:GetObject", "s3:PutObject")
    assert power.resources == ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")
    assert Power.parse("s3:ListAllMyBuckets *").resources == ("*",)


def test_secrets_of_every_environment_are_kept(tmp_path: Path) -> None:
    text = ENVIRONMENTS + (
        '[[secret]]\nname = "key"\nref = "env:KEY"\n'
        '[[secret]]\nname = "key"\nref = "env:STAGING_KEY"\nenvironment = "staging"\n'
        f'{VAULT}[[secret_manager]]\nname = "vault"\nkind = "vault"\nurl = "https://v2.example"\n'
        'environment = "staging"\n'
    )
    declared = load(write(tmp_path, text))
    assert [item.ref for item in declared.secrets] == ["env:KEY"]
    assert [(item.environment, item.ref) for item in declared.all_secrets] == [
        ("production", "env:KEY"),
        ("staging", "env:STAGING_KEY"),
    ]
    assert [item.url for item in declared.secret_managers] == ["https://vault.example:8200"]
    assert len(declared.all_secret_managers) == 2


def test_a_manager_its_services_and_where_secrets_could_turn_up(tmp_path: Path) -> None:
    text = VAULT + (
        'trail = "file:/var/log/vault.log"\nca = "/etc/ssl/our-ca.pem"\ncredentials = "env:VAULT_TOKEN"\n'
        '[[secret_manager.service]]\nname = "web"\npolicy = "web"\npaths = ["secret/shop/*"]\n'
        '[[log]]\nname = "shop"\nkind = "file"\npath = "/var/log/shop/*.log"\n'
        '[[log]]\nname = "errors"\nkind = "sentry"\nurl = "https://errors.example"\n'
        '[[data_store]]\nname = "db"\nkind = "postgres"\n'
        '[[backup]]\nname = "nightly"\npath = "/srv/*.dump"\nkind = "dump"\nstore = "db"\n'
        '[[artifact]]\npath = "dist/*.tar"\nkind = "image"\n'
        '[[secret_rule]]\nid = "shop-key"\nwhat = "our key"\npattern = \'\\b(shop\\+_[0-9a-f+]{32})\\b\'\n'
        'keywords = ["shop_"]\nentropy = 3\n'
        '[[secret_allowed]]\nfinding = "0123456789ab"\nreason = "documentation"\nowner = "ana"\nuntil = 2027-05-01\n'
    )
    declared = load(write(tmp_path, text), today=date(2026, 11, 21))
    (manager,) = declared.secret_managers
    assert manager.services[0].paths == ("secret/shop/*",)
    assert (manager.trail, manager.ca) == ("file:/var/log/vault.log", "/etc/ssl/our-ca.pem")
    assert declared.find(SecretManager, Subject("secret-manager", "vault")) is manager
    assert declared.subjects(Log) == {Subject("log", "shop"), Subject("log", "errors")}
    assert declared.subjects(Secret) == frozenset()
    assert declared.backups[0].store == "db"
    assert declared.artifacts[0].subject == Subject("artifact", "dist/*.tar")
    assert declared.secret_rules[0].entropy == 3.0
    assert declared.secrets_allowed[0].finding == "0123456789ab"


@pytest.mark.parametrize(
    "reference",
    [
        "env:A_B",
        "file:/run/key",
        "aws-sm:shop/db",
        "aws-sm:shop/db#password",
        "aws-sm:arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf#password",
        "aws-ssm:/shop/db",
        "vault:secret/shop#key",
        "vault-db:database/shop",
        "k8s:shop/db#password",
        "docker:db_password",
        "django:DATABASES.default.PASSWORD",
    ],
)
def test_every_form_of_reference_is_known(tmp_path: Path, reference: str) -> None:
    assert load(write(tmp_path, f'[[secret]]\nname = "x"\nref = "{reference}"\n')).secrets[0].ref == reference


@pytest.mark.parametrize(
    "reference", ["vault-db:role", "k8s:shop/db", "django:secret", "docker:", "aws-ssm:", "aws-sm:a#"]
)
def test_what_is_no_reference_is_refused(tmp_path: Path, reference: str) -> None:
    (line,) = problems(tmp_path, f'[[secret]]\nname = "x"\nref = "{reference}"\n')
    assert line.startswith("5: secret.ref: expected a reference (env:NAME")


SECRET = '[[secret]]\nname = "x"\nref = "vault:secret/x#k"\n'
RULE = '[[secret_rule]]\nid = "x"\nwhat = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SECRET + 'setting = "secret key"\n', "6: secret.setting: expected the name of a setting"),
        (SECRET + 'variable = "A-B"\n', "6: secret.variable: expected the name of an environment variable"),
        (SECRET + 'may = ["everything"]\n', "6: secret.may: expected `postgres: SELECT, INSERT on orders`"),
        (SECRET + 'manager = "vault"\n', '6: secret.manager: there is no secret manager "vault" in that environment'),
        (VAULT + SECRET + 'manager = "valt"\n', '10: secret.manager: there is no secret manager "valt" in that'),
        (
            VAULT + '[[secret]]\nname = "x"\nref = "env:X"\nmanager = "vault"\n',
            'keeps no references of the form "env:"',
        ),
        (VAULT + VAULT.replace('"vault"\nk', '"v2"\nk') + SECRET, "secret.ref: could lie in several managers"),
        (SECRET + 'public = true\nmay = ["smtp: send"]\n', "7: secret.may: of a public value says nothing"),
        (VAULT + 'region = "x"\n', "7: secret_manager.region: counts only for the kind aws"),
        (VAULT + 'trail = "cloudtrail:x"\n', "7: secret_manager.trail: of that form is AWS's"),
        (VAULT + 'trail = "somewhere"\n', '7: secret_manager.trail: expected "file:PATH", "cloudtrail:NAME"'),
        (VAULT + '[[secret_manager.service]]\nname = "a"\n', "7: secret_manager.service.paths: is missing"),
        (VAULT + '[[secret_manager.service]]\nname = "a"\npaths = ["p"]\n' * 2, '"a" is declared twice'),
        ('[[secret_manager]]\nname = "v"\nkind = "vault"\n', "3: secret_manager: of the kind vault needs url"),
        ('[[secret_manager]]\nname = "v"\nkind = "files"\n', "3: secret_manager: of the kind files needs path"),
        ('[[log]]\nname = "x"\nkind = "file"\n', "3: log: of the kind file needs path"),
        ('[[log]]\nname = "x"\nkind = "http"\n', "3: log: of the kind http needs url"),
        ('[[log]]\nname = "x"\nkind = "file"\npath = "a"\nunit = "b"\n', "7: log.unit: counts only for"),
        (
            '[[log]]\nname = "x"\nkind = "journal"\nof = ["https://shop.example"]\n',
            "6: log.of: https://shop.example is the url of no [[entry_point]]",
        ),
        ('[[log]]\nname = "x"\nkind = "journal"\n' * 2, "7: log.name: is declared twice"),
        (
            '[[backup]]\nname = "x"\npath = "a"\nkind = "dump"\nstore = "db"\n',
            "7: backup.store: there is no data store",
        ),
        ('[[backup]]\nname = "x"\npath = "~/a"\nkind = "dump"\n', "5: backup.path: expected a path relative"),
        ('[[artifact]]\npath = "a"\nkind = "image"\nrepository = "b"\n', "6: artifact.repository:"),
        (RULE + "pattern = '(?=x)(y)'\n", "6: secret_rule.pattern: holds a look-around"),
        (RULE + "pattern = '(y)\\1'\n", "6: secret_rule.pattern: holds a look-around"),
        (RULE + "pattern = '(y++)'\n", "6: secret_rule.pattern: holds a look-around"),
        (RULE + "pattern = '(y'\n", "6: secret_rule.pattern: is no regular expression"),
        (RULE + "pattern = 'y'\n", "6: secret_rule.pattern: needs a group around the secret"),
        (RULE + "pattern = '(y)'\nentropy = 9\n", "7: secret_rule.entropy: expected bits a character"),
        (RULE + "pattern = '(y)'\nnear = 900\n", "7: secret_rule.near: expected a number of bytes"),
        (
            '[[secret_allowed]]\nfinding = "x"\nreason = "r"\nowner = "o"\nuntil = 2027-01-01\n',
            "4: secret_allowed.finding: expected a finding's id",
        ),
        (
            '[[secret_allowed]]\nfinding = "0123456789ab"\nreason = "r"\nowner = "o"\nuntil = 2099-01-01\n',
            "7: secret_allowed.until: is more than two years away",
        ),
    ],
)
def test_each_mistake_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    told = problems(tmp_path, text)
    assert any(said in line for line in told), told
