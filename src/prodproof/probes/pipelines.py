"""The pipelines of a repository, read from GitHub Actions workflows and GitLab CI configurations."""

import re
from collections.abc import Callable, Iterable

from prodproof.facts import Location, Observation, Proof, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.globs import matches
from prodproof.facts.pipeline import Activity, DeployScript, Pipeline, Pipelines, Role
from prodproof.probes._files import is_sample
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.pipelines import gitlab_ci
from prodproof.reach.pipelines.github_workflows import WorkflowReader
from prodproof.reach.pipelines.scripts import ScriptReader
from prodproof.reach.world import World

WORKFLOWS = (
    ".github/workflows/*.yml",
    ".github/workflows/*.yaml",
    ".gitea/workflows/*.y*ml",
    ".forgejo/workflows/*.y*ml",
)
GITLAB = ".gitlab-ci.yml"
OTHERS = (
    ".circleci/config.yml",
    "Jenkinsfile",
    "**/Jenkinsfile",
    "azure-pipelines.yml",
    ".azure-pipelines/*.yml",
    ".travis.yml",
    "bitbucket-pipelines.yml",
    "buildspec.yml",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    ".buildkite/*.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".woodpecker/*.yml",
    "appveyor.yml",
    ".appveyor.yml",
    ".cirrus.yml",
    ".semaphore/*.yml",
    ".tekton/*.yaml",
)
"""Pipelines of systems that are not read."""

IMAGES = ("**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile", "**/*.dockerfile", "**/Containerfile")
SCRIPTS = (
    "**/deploy",
    "**/deploy.sh",
    "**/deploy_*.sh",
    "**/deploy-*.sh",
    "**/*deploy.sh",
    "Makefile",
    "**/fabfile.py",
)
_FABRIC = re.compile(r"^[^#\n]*\b(Connection\(|env\.hosts?\b|SerialGroup\(|ThreadingGroup\(|@hosts\()", re.MULTILINE)


@probe(Pipeline, Pipelines, DeployScript, per=Repository, proof=Proof.INSIDE, time_limit=180.0, by_commit=True)
def observe(about: Repository, world: World) -> tuple[Survey[Pipeline], Survey[Pipelines], Survey[DeployScript]]:
    """Every workflow file, the whole of them, and the scripts by which the repository deploys."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return (
            lost(Pipeline, reader.why, reader.detail),
            lost(Pipelines, reader.why, reader.detail),
            lost(DeployScript, reader.why, reader.detail),
        )
    scripts = ScriptReader(reader.text, reader.exists)
    read = _all(reader, scripts)
    each = tuple(world.inside(Subject("workflow", path), seen, reader.commit) for path, seen in read)
    files = tuple(seen for _, seen in read if not isinstance(seen, Unseen))
    whole = Pipelines(
        files=files,
        unread=(*(path for path, seen in read if isinstance(seen, Unseen)), *map(shown, reader.glob(*OTHERS))),
        builds_images=any(not is_sample(path) for path in reader.glob(*IMAGES))
        or any(item.role is Role.IMAGE_BUILD for file in files for job in file.jobs for item in job.activities),
    )
    return (
        Survey(Pipeline, each, reader.gaps),
        Survey(Pipelines, (world.inside(about.subject, whole, reader.commit),), reader.gaps),
        Survey(DeployScript, tuple(_deploy_scripts(reader, scripts, world)), reader.gaps),
    )


def _all(reader: RepositoryReader, scripts: ScriptReader) -> list[tuple[str, Pipeline | Unseen]]:
    workflows = WorkflowReader(scripts)
    found: list[tuple[str, Pipeline | Unseen]] = []
    for path in reader.glob(*WORKFLOWS):
        text = reader.text(path)
        name = shown(path)
        found.append((name, text if isinstance(text, Unseen) else workflows.read(path, name, text)))
    if reader.exists(GITLAB):
        text = reader.text(GITLAB)
        found.append(
            (GITLAB, text if isinstance(text, Unseen) else gitlab_ci.read(GITLAB, text, scripts, _matching(reader)))
        )
    return found


def _matching(reader: RepositoryReader) -> Callable[[str], Iterable[str]]:
    def paths(pattern: str) -> Iterable[str]:
        return (
            [path for path in reader.files if matches(pattern, path)]
            if "*" in pattern
            else filter(reader.exists, [pattern])
        )

    return paths


def _deploy_scripts(reader: RepositoryReader, scripts: ScriptReader, world: World) -> "list[Observation[DeployScript]]":
    found = []
    for path in reader.glob(*SCRIPTS):
        if is_sample(path):
            continue
        name, text = shown(path), reader.text(path)
        seen: DeployScript | Unseen
        if isinstance(text, Unseen):
            seen = text
        elif path.endswith("fabfile.py"):
            seen = DeployScript(Location(name), _fabric(text))
        else:
            body, first = (_deploy_recipes(text), 1) if path.endswith("Makefile") else (text, 1)
            followed = scripts.activities(body, first, 0)
            seen = DeployScript(Location(name), followed.activities, followed.opaque)
        if isinstance(seen, Unseen) or seen.activities or seen.opaque or not path.endswith("Makefile"):
            found.append(world.inside(Subject("file", name), seen, reader.commit))
    return found


def _fabric(text: str) -> tuple[Activity, ...]:
    match = _FABRIC.search(text)
    return (Activity(Role.SSH, "fabric", text.count("\n", 0, match.start(1)) + 1),) if match else ()


def _deploy_recipes(makefile: str) -> str:
    """The recipes of targets that deploy, every other line blank, so that line numbers stay."""
    kept, deploys = [], False
    for line in makefile.splitlines():
        if match := re.match(r"([\w.\-/ ]+):(?!=)", line):
            deploys = bool(re.search(r"\b(deploy|ship|rollout)", match[1]))
        kept.append(line.strip().lstrip("@-+") if deploys and line.startswith("\t") else "")
    return "\n".join(kept)
