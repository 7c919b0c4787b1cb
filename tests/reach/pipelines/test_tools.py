"""What commands and actions are recognised as, and what is left alone."""

import pytest

from prodproof.facts.pipeline import Role
from prodproof.reach.pipelines import actions as pipeline_actions
from prodproof.reach.pipelines import tools as pipeline_tools
from prodproof.reach.pipelines.shell import commands, unwrapped


def roles(line: str) -> dict[Role, str]:
    found = commands(line)[0]
    return {item.role: item.weak for item in pipeline_tools.command(unwrapped(found.words), found.fed)}


@pytest.mark.parametrize(
    "line",
    [
        "pytest -q",
        "python manage.py test",
        "npm test",
        "npm run test:unit",
        "yarn e2e",
        "go test ./...",
        "cargo nextest run",
        "make test",
        "make check",
        "tox -e py311",
        "./gradlew check",
        "mvn -B verify",
        "bundle exec rspec",
        "./runtests.py",
        "sh tests/run-tests.sh",
        "flutter test",
        "docker compose run web pytest",
    ],
)
def test_tests(line: str) -> None:
    assert roles(line) == {Role.TESTS: ""}


@pytest.mark.parametrize(
    "line",
    [
        "npm ci",
        "pytest --version",
        "pytest --collect-only",
        "tox -e lint",
        "make build",
        "make check-docs",
        "cd tests",
        "cargo build",
        "go build ./...",
        "promtool check rules x",
        "ls test",
        "python setup.py sdist",
    ],
)
def test_no_tests(line: str) -> None:
    assert Role.TESTS not in roles(line)


@pytest.mark.parametrize(
    "line", ["npm test --if-present", "jest --passWithNoTests", "mvn install -DskipTests", "go test -run ^$ ./..."]
)
def test_tests_that_may_be_none(line: str) -> None:
    assert roles(line)[Role.TESTS]


@pytest.mark.parametrize(
    ("line", "role", "fails"),
    [
        ("bandit -r .", Role.STATIC_ANALYSIS, True),
        ("bandit -r . --exit-zero", Role.STATIC_ANALYSIS, False),
        ("semgrep ci", Role.STATIC_ANALYSIS, True),
        ("semgrep scan --config auto", Role.STATIC_ANALYSIS, False),
        ("semgrep --config auto --error", Role.STATIC_ANALYSIS, True),
        ("ruff check --select E,S .", Role.STATIC_ANALYSIS, True),
        ("pip-audit -r requirements.txt", Role.DEPENDENCY_SCAN, True),
        ("npm audit --omit=dev", Role.DEPENDENCY_SCAN, True),
        ("gitleaks detect", Role.SECRET_DETECTION, True),
        ("gitleaks detect --exit-code 0", Role.SECRET_DETECTION, False),
        ("trufflehog git file://.", Role.SECRET_DETECTION, False),
        ("trivy image shop", Role.VULNERABILITY_SCAN, False),
        ("trivy fs --exit-code 1 .", Role.DEPENDENCY_SCAN, True),
        ("grype shop --fail-on high", Role.VULNERABILITY_SCAN, True),
        ("make bandit", Role.STATIC_ANALYSIS, True),
    ],
)
def test_scanners_and_whether_they_can_fail(line: str, role: Role, fails: bool) -> None:
    assert (roles(line)[role] == "") is fails


@pytest.mark.parametrize(
    "line",
    [
        "kubectl -n shop apply -f k8s",
        "helm upgrade shop chart",
        "terraform apply -auto-approve",
        "git push heroku main",
        "aws ecs update-service --cluster a",
        "flyctl deploy",
        "./scripts/deploy.sh production",
        "npm run deploy",
        "ansible-playbook site.yml",
    ],
)
def test_deployments(line: str) -> None:
    assert Role.DEPLOY in roles(line)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl get pods",
        "kubectl apply --dry-run=client -f x",
        "make deploy-docs",
        f"make deploy{'_' * 250}!",  # answers at once, however often it could be split
        f"scripts/deploy{'_' * 3_000}!",
        "terraform plan",
        "git push origin main",
    ],
)
def test_no_deployments(line: str) -> None:
    assert Role.DEPLOY not in roles(line)


@pytest.mark.parametrize(
    "line",
    [
        "ssh -o StrictHostKeyChecking=no -i key deploy@shop.example 'git pull'",
        "ssh $HOST $COMMAND",
        "rsync -az . web@shop.example:/srv",
        "scp dist.tar web@shop.example:",
        "sshpass -e ssh web@shop.example ls",
        "fab deploy",
        "ansible web -m shell -a uptime",
        "ssh web@shop.example <<EOF\nls\nEOF",
    ],
)
def test_remote_shells(line: str) -> None:
    assert Role.SSH in roles(line)


@pytest.mark.parametrize(
    "line",
    [
        "ssh -i key deploy@shop.example",  # the key may be bound to one command
        "ssh localhost ls",
        "ssh -T git@github.com",
        "ssh-keyscan shop.example",
        "rsync -a /a /b",
        "scp a b",
        "rsync rsync://mirror.example/a b",
    ],
)
def test_no_remote_shells(line: str) -> None:
    assert Role.SSH not in roles(line)


def test_actions() -> None:
    def weak(uses: str, **inputs: str) -> dict[Role, str]:
        named = {key.replace("_", "-"): value for key, value in inputs.items()}
        return {item.role: item.weak for item in pipeline_actions.action(uses, named)}

    assert weak("github/codeql-action/analyze@v3") == {Role.STATIC_ANALYSIS: ""}
    assert weak("aquasecurity/trivy-action@master")[Role.VULNERABILITY_SCAN]
    assert not weak("aquasecurity/trivy-action@master", exit_code="1")[Role.VULNERABILITY_SCAN]
    assert not weak("aquasecurity/trivy-action@master", format="sarif")[Role.VULNERABILITY_SCAN]
    assert weak("actions/dependency-review-action@v4", warn_only="true") == {Role.DEPENDENCY_SCAN: "warn-only: true"}
    assert weak("docker://aquasec/trivy:0.50") == {Role.VULNERABILITY_SCAN: ""}
    assert weak("actions/checkout@v4") == {}
