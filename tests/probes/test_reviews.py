"""Templates, owners and threat models, as they are found in a repository."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodproof.facts import Proof, Unseen
from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.facts.reviews import ReviewQuestions, Sensitivity, StoryTemplates, ThreatModelling, Topic
from prodproof.probes import reviews, threat_models
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World
from tests.probes.files import only, survey


def test_sensitive_paths_and_their_owners(tmp_path: Path) -> None:
    files = {
        ".github/CODEOWNERS": "* @all\n/shop/payments/\n",
        ".github/workflows/ci.yml": "",
        "shop/payments/views.py": "",
        "shop/payments/tests/test_views.py": "",
        "shop/accounts/models.py": "",
        "shop/settings/base.py": "",
        "shop/admin.py": "",
        "docs/auth/x.py": "",
        "shop/catalogue/authors.py": "",
    }
    found = only(survey(reviews.observe, tmp_path, files, sensitive_paths=("shop/catalogue/*",))[ReviewQuestions])
    assert {(item.path, item.kind, item.owned) for item in found.sensitive} == {
        (".github/workflows/", Sensitivity.PIPELINE, True),
        ("shop/accounts/", Sensitivity.AUTHENTICATION, True),
        ("shop/catalogue/", Sensitivity.DECLARED, True),
        ("shop/payments/", Sensitivity.PAYMENTS, False),
        ("shop/settings/", Sensitivity.SETTINGS, True),
    }
    assert next(item.example for item in found.sensitive if not item.owned) == "shop/payments/views.py"


@pytest.mark.parametrize(
    "path",
    [".github/PULL_REQUEST_TEMPLATE.md", "pull_request_template.md", ".gitlab/merge_request_templates/Default.md"],
)
def test_questions_are_what_authors_see(tmp_path: Path, path: str) -> None:
    text = "<!-- secrets, logging -->\n- [ ] Input is validated\n- [ ] Who has permission?\n"
    found = only(survey(reviews.observe, tmp_path, {path: text})[ReviewQuestions])
    assert (found.template, found.topics) == (path, (Topic.INPUT, Topic.PERMISSIONS))


def test_story_templates(tmp_path: Path) -> None:
    files = {
        ".github/ISSUE_TEMPLATE/story.yml": (
            "body:\n- type: checkboxes\n  attributes:\n    options:\n    - label: Security criteria are met\n"
        ),
        ".github/ISSUE_TEMPLATE/plain.md": "---\nname: Task\n---\n## What\nsecurity is everybody's\n",
        ".github/ISSUE_TEMPLATE/help.md": "---\nname: Ask for help\n---\n",
        ".github/ISSUE_TEMPLATE/config.yml": "blank_issues_enabled: false\n",
        ".github/ISSUE_TEMPLATE/old.md": "## Expected result\n",
        ".github/pull_request_template.md": "- Report vulnerabilities as SECURITY.md says\n",
    }
    surveyed = survey(reviews.observe_templates, tmp_path, files)[StoryTemplates]
    assert {item.proof for item in surveyed.observations} == {Proof.RECORD}
    found = {
        item.location.path.rpartition("/")[2]: (item.kind, item.asks_security) for item in only(surveyed).templates
    }
    assert found == {
        "story.yml": ("story", True),
        "plain.md": ("story", False),
        "help.md": ("bug", False),
        "old.md": ("bug", False),
        "pull_request_template.md": ("change", False),
    }


def test_a_form_that_is_no_yaml_is_unseen(tmp_path: Path) -> None:
    surveyed = survey(reviews.observe_templates, tmp_path, {".github/ISSUE_TEMPLATE/a.yml": "a: ["})[StoryTemplates]
    assert isinstance(surveyed.observations[0].seen, Unseen)


class History:
    """A repository whose commits are dated."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, **environment: str) -> None:
        names = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        base = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *arguments], cwd=self.directory, check=True, env=base | names | environment)

    def commit(self, day: str, **files: str) -> None:
        for name, text in files.items():
            file = self.directory / name.replace("__", "/").replace("DOT", ".").replace("DASH", "-")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        moment = f"{day}T12:00:00Z"
        self.git("commit", "--quiet", "--message", "x", GIT_AUTHOR_DATE=moment, GIT_COMMITTER_DATE=moment)

    def look(self) -> ThreatModelling:
        here = Repository(path=".", name="shop")
        declared = Declared(system="shop", environment=Environment(name="production"), repositories=(here,))
        world = World(declared, datetime.now(UTC), repositories={".": RepositoryReader.open(self.directory)})
        surveyed = threat_models.observe.observe(here, world)
        found = only(surveyed)  # type: ignore[arg-type]  # a plain probe answers with a survey
        assert isinstance(found, ThreatModelling)
        return found


MODEL = "# Payments\n\nOwner: ana\nDate: 2026-01-01\n"
LONG = "x = 1\n" * 150


def test_a_large_change_after_the_model(tmp_path: Path) -> None:
    work = History(tmp_path)
    work.commit("2026-01-01", docs__threatDASHmodels__paymentsDOTmd=MODEL)
    work.commit("2026-02-01", shop__payments__viewsDOTpy=LONG)
    found = work.look()
    assert found.modules[0].changed is None, "the first commit of a module is what the model was made for"
    assert found.models[0].covers == ("shop/payments/",)
    assert (found.models[0].dated, found.models[0].owner) == ("2026-01-01", "ana")
    work.commit("2026-03-01", shop__payments__viewsDOTpy=LONG.replace("1", "2"))
    work.commit("2026-04-01", shop__payments__viewsDOTpy="small")
    work.commit("2026-04-02", shop__payments__viewsDOTpy="smaller")
    changed = work.look().modules[0].changed
    assert changed == datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_placeholders_and_templates_are_no_models(tmp_path: Path) -> None:
    work = History(tmp_path)
    work.commit(
        "2026-01-01",
        docs__threatDASHmodels__templateDOTmd=MODEL,
        docs__threatDASHmodels__loginDOTmd="# Login\n| Owner | TBD |\n| Reviewed | soon |\n",
        accounts__viewsDOTpy="x",
    )
    found = work.look()
    assert [(item.dated, item.owner, item.covers) for item in found.models] == [(None, None, ("accounts/",))]


def test_without_a_history(tmp_path: Path) -> None:
    found = only(survey(threat_models.observe, tmp_path, {"payments/a.py": ""})[ThreatModelling])
    assert "no git repository" in found.history
