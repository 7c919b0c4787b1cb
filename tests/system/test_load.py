"""What a good file declares, and how a bad one is told."""

from datetime import date
from pathlib import Path

import pytest

from prodproof.facts import Location, Subject
from prodproof.facts.declared import EntryPoint, EnvironmentKind, Permission, Port
from prodproof.system.errors import MAX_SHOWN, SystemFileError, UserError
from prodproof.system.load import find_system_file, load

HEAD = 'version = 1\nname = "shop"\n'
IDS = {"exposure.hsts", "exposure.https-only", "application.csrf"}


def write(directory: Path, text: str, name: str = "prodproof.toml") -> Path:
    file = directory / name
    file.write_text(text, encoding="utf-8")
    return file


def problems(directory: Path, text: str, **how: object) -> list[str]:
    file = write(directory, text)
    with pytest.raises(SystemFileError) as caught:
        load(file, **how)  # type: ignore[arg-type]  # options of load, by name
    return [str(problem).removeprefix(problem.file + ":") for problem in caught.value.problems]


def test_a_short_file_is_production_with_its_own_repository(tmp_path: Path) -> None:
    declared = load(write(tmp_path, HEAD))
    assert declared.system == "shop"
    assert declared.environment.name == "production"
    assert [(item.path, item.name) for item in declared.repositories] == [(".", "shop")]
    assert declared.root == str(tmp_path.resolve())
    assert not declared.inferred
    assert not declared.trusted


def test_values_are_converted(tmp_path: Path) -> None:
    text = HEAD + (
        '[[entry_point]]\nurl = "https://Shop.example:8443/api"\nallow = ["errors"]\n'
        '[[host]]\nname = "192.0.2.7"\nports = [443, { number = 22, public = false }]\n'
        '[[data_store]]\nname = "db"\nkind = "postgres"\nrto = "1h30m"\nrpo = "5 minutes"\n'
        '[[data_store.scenario]]\nname = "region"\nrto = "2d"\n'
        '[[person]]\nid = "ana"\naccounts = { github = "a", aws = "b" }\njoined = 2024-02-29\nleft = "2025-01-01"\n'
        '[[retention]]\nwhat = "orders"\nkeep = "10y"\n'
    )
    declared = load(write(tmp_path, text))
    entry = declared.entry_points[0]
    assert entry.subject == Subject("host", "shop.example:8443")
    assert entry.allow == {Permission.ERRORS}
    assert entry.location == Location("prodproof.toml", 3)
    assert declared.hosts[0].ports == (Port(number=443), Port(number=22, public=False))
    store = declared.data_stores[0]
    assert (store.rto, store.rpo, store.scenarios[0].rto) == (5400, 300, 172800)
    person = declared.people[0]
    assert person.accounts == (("aws", "b"), ("github", "a"))
    assert (person.joined, person.left) == (date(2024, 2, 29), date(2025, 1, 1))
    assert declared.retention[0].keep == 10 * 365 * 86400


def test_lists_hold_the_chosen_environment_only(tmp_path: Path) -> None:
    text = HEAD + (
        '[[environment]]\nname = "production"\n[[environment]]\nname = "staging"\nkind = "staging"\n'
        '[[entry_point]]\nurl = "https://shop.example"\n'
        '[[entry_point]]\nurl = "https://staging.shop.example"\nenvironment = "staging"\n'
    )
    file = write(tmp_path, text)
    production, staging = load(file), load(file, "staging")
    assert [item.url for item in production.entry_points] == ["https://shop.example"]
    assert [item.url for item in staging.entry_points] == ["https://staging.shop.example"]
    assert production.all_entry_points == staging.all_entry_points
    assert len(staging.all_entry_points) == 2
    assert staging.environment.kind is EnvironmentKind.STAGING
    assert production.subjects(EntryPoint) == {Subject("host", "shop.example")}


@pytest.mark.parametrize(
    ("names", "wanted", "expected"),
    [
        ((), None, "production"),
        (("production", "staging"), None, "production"),
        (("live",), None, "live"),
        (("blue", "green"), "green", "green"),
    ],
)
def test_environment_is_chosen(tmp_path: Path, names: tuple[str, ...], wanted: str | None, expected: str) -> None:
    text = HEAD + "".join(f'[[environment]]\nname = "{name}"\n' for name in names)
    assert load(write(tmp_path, text), wanted).environment.name == expected


def test_an_environment_that_cannot_be_chosen_is_wrong_use(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + '[[environment]]\nname = "blue"\n[[environment]]\nname = "green"\n')
    with pytest.raises(UserError, match="Say --env with one of: blue, green"):
        load(file)
    with pytest.raises(UserError, match='did you mean "green"'):
        load(file, "gren")


def test_the_only_environment_is_the_default_of_tables(tmp_path: Path) -> None:
    text = HEAD + '[[environment]]\nname = "live"\n[[entry_point]]\nurl = "https://shop.example"\n'
    assert load(write(tmp_path, text)).entry_points[0].environment == "live"


def test_many_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = HEAD + (
        '[[entry_point]]\nurl = "shop.example"\nenvirnoment = "production"\n'
        '[[data_store]]\nkind = "postgres"\nrto = 4\n'
        '[gate]\nscope = "all"\n[monitor]\n'
    )
    assert problems(tmp_path, text) == [
        '4: entry_point.url: "shop.example" has no scheme; write "https://shop.example"',
        '5: entry_point.envirnoment: unknown key; did you mean "environment"?',
        "6: data_store.name: is missing. What the team calls it.",
        '8: data_store.rto: a number without a unit; write for example "4h", "1h30m", "5 minutes" or "90d"',
        "10: gate.scope: expected 'baseline', 'full' or 'listed'",
        '11: monitor: unknown key; did you mean "monitoring"?',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1\n", '1: name: is missing; write name = "…", what you call the system'),
        ('name = "x"\n', "1: version: is missing; write version = 1 as the first line"),
        ('version = 2\nname = "x"\n', "1: version: this prodproof reads up to version 1; the file is of a newer one"),
        ('version = "1"\nname = "x"\n', "1: version: expected a number: version = 1"),
        ('version = true\nname = "x"\n', "1: version: expected a number: version = 1"),
        (HEAD + "[[entry_point]]\n", "3: entry_point.url: is missing."),
        (HEAD + '[entry_point]\nurl = "https://a.example"\n', "write [[entry_point]] with two brackets"),
        (HEAD + '[[gate]]\nscope = "full"\n', "write [gate] with one bracket"),
        (HEAD + '[[entry_points]]\nurl = "https://a.example"\n', 'did you mean "entry_point"?'),
        (HEAD + '[[host]]\nname = "a.example"\nownership = "t"\n', "5: host.ownership: belongs to the top of the file"),
        (HEAD + '[[host]]\nname = "a.example:22"\n', "ports = [22]"),
        (HEAD + '[[host]]\nname = "*.a.example"\n', "a wildcard names no machine"),
        (HEAD + '[[host]]\nname = "a.example"\nports = ["22"]\n', "expected a number, without quotes"),
        (HEAD + '[[host]]\nname = "a.example"\nports = [70000]\n', "expected a number from 1 to 65535"),
        (HEAD + '[[host]]\nname = "a.example"\nports = [22, 22]\n', "22 is declared twice"),
        (HEAD + '[[entry_point]]\nurl = "ftp://a.example"\n', 'the scheme "ftp" is not supported'),
        (HEAD + '[[entry_point]]\nurl = "https://"\n', "has no scheme"),
        (HEAD + '[[entry_point]]\nurl = "http://a.example"\nlogin = "env:L"\n', "would be sent unencrypted"),
        (HEAD + '[[entry_point]]\nurl = "https://a.example"\ncanonical = "yes"\n', "expected true or false"),
        (HEAD + '[[repository]]\npath = "/srv/shop"\n', "expected a path relative to the system file"),
        (HEAD + '[[data_store]]\nname = "d"\nkind = "x"\nrto = "soon"\n', '"soon" is no duration'),
        (HEAD + '[[person]]\nid = "a"\njoined = 2026-02-02\nleft = 2026-01-01\n', "is before the first day"),
        (HEAD + '[[person]]\nid = "a"\njoined = "tomorrow"\n', '"tomorrow" is no day'),
        (HEAD + '[[entry_point]]\nurl = "https://a.example"\nenvironment = "prodution"\n', 'did you mean "production"'),
        (HEAD + '[[retention]]\nwhat = "x"\nkeep = "1y"\nstore = "db"\n', 'there is no data store "db"'),
        (HEAD + '[gate]\nscope = "listed"\n', "a listed scope needs include"),
        (HEAD + 'environment = "production"\n', "write [[environment]] with two brackets"),
        (HEAD + '[advisories]\nsource = "github"\n', 'expected "none", "osv", "pypi" or "osv-export:PATH"'),
        (HEAD + 'x = [1,\n', "is no TOML: it ends in the middle of something"),
        (HEAD + "[[host]]\nname = shop\n", "4: is no TOML: invalid value (column 8); text needs quotes"),
        (HEAD + "n = " + "9" * 5000, "is no TOML: a value that cannot be read"),
    ],
)  # fmt: skip
def test_each_mistake_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    told = problems(tmp_path, text)
    assert any(said in line for line in told), told


def test_doubles_name_the_first_place(tmp_path: Path) -> None:
    text = HEAD + '[[host]]\nname = "a.example"\n[[host]]\nname = "A.example."\n'
    (line,) = problems(tmp_path, text)
    assert line.startswith("6: host.name: is declared twice, first at ")
    assert line.endswith("prodproof.toml:3")


def test_waivers_are_checked_against_catalogue_and_calendar(tmp_path: Path) -> None:
    waiver = '[[waiver]]\nguarantee = "{}"\nreason = "r"\nowner = "ana"\nuntil = {}\n'
    text = HEAD + waiver.format("exposure.hst", "2027-01-01") + waiver.format("exposure.hsts", "2099-01-01")
    assert problems(tmp_path, text, guarantees=IDS, today=date(2026, 11, 21)) == [
        '4: waiver.guarantee: there is no guarantee "exposure.hst"; did you mean "exposure.hsts"?',
        "12: waiver.until: is more than two years away; accept it for a time, not for ever",
    ]
    ended = HEAD + waiver.format("exposure.hsts", "2020-01-01")
    assert load(write(tmp_path, ended), guarantees=IDS, today=date(2026, 11, 21)).waivers[0].covers == "broken"


def test_owners_are_people_or_roles_once_people_are_declared(tmp_path: Path) -> None:
    entry = '[[entry_point]]\nurl = "https://a.example"\nowner = "{}"\n'
    assert load(write(tmp_path, HEAD + entry.format("platform"))).entry_points[0].owner == "platform"
    people = '[[person]]\nid = "ana"\nroles = ["on-call"]\n'
    assert load(write(tmp_path, HEAD + entry.format("on-call") + people)).people
    (line,) = problems(tmp_path, HEAD + entry.format("anna") + people)
    assert line == '5: entry_point.owner: "anna" is neither a person nor a role of one; did you mean "ana"?'


SECRET = "hunter2-Tr0ub4dor"


@pytest.mark.parametrize(
    "text",
    [
        f'[[secret]]\nname = "x"\nref = "{SECRET}"\n',
        f'[[secret]]\nname = "x"\nref = ["{SECRET}"]\n',
        f'[[secret]]\nname = "x"\nref = "env:{SECRET}"\n',
        f'[[secret]]\nname = "x"\nvalue = "{SECRET}"\n',
        f'[[data_store]]\nname = "x"\nkind = "postgres"\ndsn = "postgres://u:{SECRET}@db/x"\n',
        f'[[service]]\nname = "x"\nkind = "aws"\ncredential = "{SECRET}"\n',
        f'[[entry_point]]\nurl = "https://a.example"\nlogin = "ana:{SECRET}"\n',
        f'[[entry_point]]\nurl = "https://ana:{SECRET}@a.example"\n',
        f'[[entry_point]]\nurl = "ana:{SECRET}@a.example"\n',
        f'[gate]\nscope = "{SECRET}"\n',
        f'[[secret]]\nname = "x"\nref = "{SECRET}\n',
        f'[[secret]]\nname = "x"\nref = {SECRET}\n',
        f"[[secret]]\nname = 'x'\n'ref' 'x' = '{SECRET}'\n",
    ],
)
def test_a_secret_where_a_reference_belongs_is_never_repeated(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, HEAD + text)
    with pytest.raises(SystemFileError) as caught:
        load(file)
    assert caught.value.problems
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_people_can_be_in_an_included_file(tmp_path: Path) -> None:
    write(tmp_path, '[[person]]\nid = "ana"\n', "people.toml")
    file = write(tmp_path, 'version = 1\nname = "shop"\ninclude = ["people.toml"]\n[[person]]\nid = "ben"\n')
    people = load(file).people
    assert [(item.id, item.location) for item in people] == [
        ("ben", Location("prodproof.toml", 4)),
        ("ana", Location("people.toml", 1)),
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("people.toml", "[[person]]\nid = 1\n", "people.toml:2: person.id: expected text in quotes"),
        ("people.toml", '[[person]]\nid = "ben"\n', "is declared twice"),
        ("people.toml", '[gate]\nscope = "full"\n', "an included file holds [[tables]]"),
        ("people.toml", '[[persn]]\nid = "a"\n', 'did you mean "person"?'),
        ("missing.toml", "", "does not exist"),
        ("../people.toml", '[[person]]\nid = "ana"\n', "lies outside the directory of the system file"),
    ],
)
def test_included_files_are_told_by_their_own_name(tmp_path: Path, name: str, text: str, said: str) -> None:
    inside = tmp_path / "shop"
    inside.mkdir()
    if text:
        (inside / name).write_text(text)
    file = write(inside, f'version = 1\nname = "shop"\ninclude = ["{name}"]\n[[person]]\nid = "ben"\n')
    with pytest.raises(SystemFileError) as caught:
        load(file)
    assert said in str(caught.value)


def test_output_is_bounded(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + "".join(f"key{number} = 1\n" for number in range(10_000)))
    with pytest.raises(SystemFileError) as caught:
        load(file)
    assert len(caught.value.messages) == MAX_SHOWN + 1
    assert caught.value.messages[-1].endswith("and 9980 more problems of this file")


def test_the_file_is_found_from_below(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_system_file(below) is None
    file = write(tmp_path, HEAD)
    assert find_system_file(below) == file.resolve()
    assert find_system_file(file) == file
    with pytest.raises(UserError, match="does not exist"):
        find_system_file(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('kind = "github"\naccount = "shop"', "is read for aws, azure, gcp accounts only"),
        ('kind = "hetzner"\naccount = "shop"', "is read for aws, azure, gcp accounts only"),
        ('kind = "aws"', "needs account"),
    ],
)
def test_posture_results_belong_to_a_cloud_account(tmp_path: Path, lines: str, says: str) -> None:
    system = 'version = 1\nname = "shop"\n\n[[service]]\nname = "a"\nposture = "posture/a.ocsf.json"\n'
    (tmp_path / "prodproof.toml").write_text(f"{system}{lines}\n")
    with pytest.raises(SystemFileError, match=says) as error:
        load(tmp_path)
    assert error.value.problems[0].line == 6
    (tmp_path / "prodproof.toml").write_text(f'{system}kind = "AWS"\naccount = "000000000000"\n')
    assert load(tmp_path).services[0].posture == "posture/a.ocsf.json"
