# ruff: noqa: E501 (tables of names)
"""`.env` and its like: ignore rules and history as git really behaves."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts import Reason, Survey, Unseen
from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.facts.env_files import EnvFiles
from prodproof.probes.env_files import is_env_file, observe
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World

HERE = Repository(path=".", name="shop")
NOBODY = {
    "PATH": os.environ["PATH"], "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


class Work:
    """A repository to try things in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(".gitignore", ".env\n.env.*\n!.env.example\n")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.directory, check=True, env=NOBODY, stdout=subprocess.DEVNULL)

    def write(self, path: str, text: str = "A=1\n") -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.commit()

    def commit(self) -> None:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def remove(self, path: str) -> None:
        (self.directory / path).unlink()
        self.commit()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "shop")


def survey(directory: Path) -> Survey[EnvFiles]:
    declared = Declared(system="x", environment=Environment(name="production"), repositories=(HERE,))
    world = World(declared, datetime.now(UTC), repositories={".": RepositoryReader.open(directory)})
    answer = observe.observe(HERE, world)
    assert isinstance(answer, Survey)
    return answer


def look(directory: Path) -> EnvFiles | Unseen:
    (observation,) = survey(directory).observations
    seen = observation.seen
    assert isinstance(seen, EnvFiles | Unseen)
    return seen


def seen(work: Work) -> EnvFiles:
    found = look(work.directory)
    assert isinstance(found, EnvFiles), found
    return found


def history(work: Work) -> list[str]:
    return [item.path for item in seen(work).history]


def test_healthy(work: Work) -> None:
    work.write(".env.example")
    found = seen(work)
    assert {item.path: item.ignored for item in found.asked} == dict.fromkeys(
        (".env", ".env.local", ".env.production"), True
    )
    assert (found.tracked, found.history, found.refs) == ((), (), 1)


def test_deleted_later(work: Work) -> None:
    work.write("deploy/.env")
    work.remove("deploy/.env")
    assert history(work) == ["deploy/.env"]


def test_on_a_side_branch_that_was_merged_after_its_removal(work: Work) -> None:
    work.git("checkout", "-q", "-b", "side")
    work.write("a.env")
    work.remove("a.env")
    work.git("checkout", "-q", "main")
    work.write("other")
    work.git("merge", "-q", "-m", "m", "side")
    work.git("branch", "-q", "-D", "side")
    assert history(work) == ["a.env"]


def test_brought_in_by_the_merge_itself(work: Work) -> None:
    work.git("checkout", "-q", "-b", "side")
    work.write("one")
    work.git("checkout", "-q", "main")
    work.write("two")
    work.git("merge", "-q", "--no-commit", "side")
    work.write(".env")
    work.remove(".env")
    assert history(work) == [".env"]


def test_renamed_copied_and_on_other_refs(work: Work) -> None:
    work.write("settings.txt", "A=2\n")
    (work.directory / "settings.txt").rename(work.directory / "prod.env")
    work.commit()
    work.write(".env.example", "A=3\n")
    work.git("checkout", "-q", "-b", "old")
    work.write(".env", "A=3\n")
    work.git("tag", "v1")
    work.git("checkout", "-q", "main")
    work.git("branch", "-q", "-D", "old")
    assert history(work) == [".env", "prod.env"]
    assert [item.path for item in seen(work).tracked] == ["prod.env"]


def test_strange_names(work: Work) -> None:
    work.write("naïve dir/.ENV")
    work.write("a\nb/.env")
    assert history(work) == ["a\\x0ab/.env", "naïve dir/.ENV"]


def test_rules_of_one_machine_do_not_count(work: Work) -> None:
    work.write(".gitignore", "*.pyc\n")
    (work.directory / ".git" / "info" / "exclude").write_text(".env*\n")
    work.git("config", "core.excludesFile", str(work.directory / "mine"))
    (work.directory / "mine").write_text(".env*\n")
    assert not any(item.ignored for item in seen(work).asked)


def test_names_that_are_read_or_have_a_template(work: Work) -> None:
    work.write(
        "deploy/compose.yml", "services:\n  web:\n    env_file: web.env\n  db:\n    env_file:\n      - ./db.env\n"
    )
    work.write("shop/settings.py", "load_dotenv('config/prod.env')\n")
    work.write("worker/.env.sample")
    asked = {item.path: item.ignored for item in seen(work).asked}
    assert asked["deploy/web.env"] is False
    assert asked["deploy/db.env"] is False
    assert asked["config/prod.env"] is False
    assert asked["worker/.env"] is True


def test_settings_that_cannot_be_read_are_a_gap(work: Work) -> None:
    (work.directory / "settings.py").symlink_to("/etc/hostname")
    work.commit()
    (gap,) = survey(work.directory).gaps
    assert gap.why is Reason.NOT_PERMITTED


def test_fixtures_are_set_aside(work: Work) -> None:
    work.write("tests/fixtures/.env")
    found = seen(work)
    assert (found.history, found.tracked, found.aside) == ((), (), ("tests/fixtures/.env",))


def test_shallow_and_single_branch_clones(work: Work, tmp_path: Path) -> None:
    work.write("a")
    work.git("clone", "-q", "--depth", "1", f"file://{work.directory}", str(tmp_path / "shallow"))
    work.git("clone", "-q", "--single-branch", f"file://{work.directory}", str(tmp_path / "narrow"))
    work.git("clone", "-q", "--bare", f"file://{work.directory}", str(tmp_path / "bare"))
    shallow, narrow, bare = (look(tmp_path / name) for name in ("shallow", "narrow", "bare"))
    assert isinstance(shallow, EnvFiles) and shallow.shallow
    assert isinstance(narrow, EnvFiles) and narrow.narrow and not narrow.shallow
    assert isinstance(bare, EnvFiles) and all(item.ignored for item in bare.asked)


def test_missing_objects_are_incomplete(work: Work) -> None:
    work.write("deploy/x")
    work.write("deploy/y")
    tree = subprocess.run(
        ["git", "rev-parse", "HEAD~1:deploy"],
        cwd=work.directory,
        check=True,
        env=NOBODY,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (work.directory / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    found = look(work.directory)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    plain = look(tmp_path)
    assert isinstance(plain, Unseen) and plain.why is Reason.INCOMPLETE
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, env=NOBODY)
    empty = look(tmp_path)
    assert isinstance(empty, EnvFiles) and empty.history == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".env", True), ("a/.ENV", True), (".env.production", True), ("prod.env", True), (".env-prod", True), (".env.bak", True),
        (".env.example", False), ("example.env", False), (".env.production.sample", False), (".env.vault", False),
        (".env.d.ts", False), (".environment", False), (".envrc", False), ("environment.py", False), (".env/bin/activate", False),
        ("README.env.md", False),
    ],
)  # fmt: skip
def test_names(path: str, expected: bool) -> None:
    assert is_env_file(path) is expected
