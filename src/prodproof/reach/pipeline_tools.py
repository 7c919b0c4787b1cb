"""What actions, commands and images of pipelines do, as far as their names say it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prodproof.facts.pipeline import Role

SAST, DEPS, SECRETS, VULNS = (
    Role.STATIC_ANALYSIS, Role.DEPENDENCY_SCAN, Role.SECRET_DETECTION, Role.VULNERABILITY_SCAN,
)  # fmt: skip


@dataclass(frozen=True)
class Recognised:
    """A role that a step plays."""

    role: Role
    tool: str
    weak: str = ""


_ACTIONS: dict[str, tuple[Role, ...]] = {
    "github/codeql-action/analyze": (SAST,), "returntocorp/semgrep-action": (SAST,), "semgrep/semgrep-action": (SAST,),
    "sonarsource/sonarcloud-github-action": (SAST,), "sonarsource/sonarqube-scan-action": (SAST,),
    "pycqa/bandit-action": (SAST,), "mdegis/bandit-action": (SAST,), "tj-actions/bandit": (SAST,),
    "shundor/python-bandit-scan": (SAST,), "securego/gosec": (SAST,), "checkmarx/ast-github-action": (SAST,),
    "veracode/veracode-pipeline-scan-action": (SAST,), "shiftleftsecurity/scan-action": (SAST, DEPS, SECRETS),
    "microsoft/security-devops-action": (SAST,), "bearer/bearer-action": (SAST,), "fortify/github-action": (SAST,),
    "horuszup/horusec-action": (SAST, SECRETS), "opengrep/opengrep-action": (SAST,), "njsscan/njsscan-action": (SAST,),
    "bridgecrewio/checkov-action": (SAST,), "kubescape/github-action": (SAST,), "aquasecurity/tfsec-action": (SAST,), "checkmarx/kics-github-action": (SAST,),
    "aikidosec/github-actions-workflow": (SAST, DEPS, SECRETS),
    "actions/dependency-review-action": (DEPS,), "pypa/gh-action-pip-audit": (DEPS,),
    "google/osv-scanner-action": (DEPS,), "google/osv-scanner-action/osv-scanner-action": (DEPS,),
    "google/osv-scanner-action/.github/workflows/osv-scanner-reusable.yml": (DEPS,),
    "google/osv-scanner-action/.github/workflows/osv-scanner-reusable-pr.yml": (DEPS,),
    "dependency-check/dependency-check_action": (DEPS,), "rustsec/audit-check": (DEPS,), "actions-rs/audit-check": (DEPS,),
    "actions-rust-lang/audit": (DEPS,), "embarkstudios/cargo-deny-action": (DEPS,), "golang/govulncheck-action": (DEPS,),
    "pyupio/safety-action": (DEPS,), "pyupio/safety-cli-action": (DEPS,), "fossas/fossa-action": (DEPS,),
    "snyk/actions/python": (DEPS,), "snyk/actions/node": (DEPS,), "snyk/actions/golang": (DEPS,),
    "snyk/actions/docker": (VULNS,), "snyk/actions/iac": (VULNS,), "snyk/actions/setup": (),
    "gitleaks/gitleaks-action": (SECRETS,), "zricethezav/gitleaks-action": (SECRETS,),
    "trufflesecurity/trufflehog": (SECRETS,), "gitguardian/ggshield-action": (SECRETS,),
    "gitguardian/ggshield/actions/secret": (SECRETS,), "gacts/gitleaks": (SECRETS,), "mongodb/kingfisher": (SECRETS,),
    "reviewdog/action-gitleaks": (SECRETS,), "betterleaks/betterleaks-action": (SECRETS,),
    "aquasecurity/trivy-action": (VULNS,), "anchore/scan-action": (VULNS,), "docker/scout-action": (VULNS,),
    "azure/container-scan": (VULNS,), "sysdiglabs/scan-action": (VULNS,), "crazy-max/ghaction-container-scan": (VULNS,),
    "aws-actions/vulnerability-scan-github-action-for-amazon-inspector": (VULNS,), "lacework/lw-scanner-action": (VULNS,),
    "helm/kind-action": (Role.LOCAL_CLUSTER,), "engineerd/setup-kind": (Role.LOCAL_CLUSTER,),
    "medyagh/setup-minikube": (Role.LOCAL_CLUSTER,), "manusa/actions-setup-minikube": (Role.LOCAL_CLUSTER,),
    "abswarden/setup-k3d-k3s": (Role.LOCAL_CLUSTER,), "container-tools/kind-action": (Role.LOCAL_CLUSTER,),
    "nolar/setup-k3d-k3s": (Role.LOCAL_CLUSTER,), "debianmaster/actions-k3s": (Role.LOCAL_CLUSTER,),
    "docker/build-push-action": (Role.IMAGE_BUILD,), "docker/bake-action": (Role.IMAGE_BUILD,),
    "redhat-actions/buildah-build": (Role.IMAGE_BUILD,), "ko-build/setup-ko": (Role.IMAGE_BUILD,),
    "cypress-io/github-action": (Role.TESTS,), "gradle/gradle-build-action": (),
    "aws-actions/amazon-ecs-deploy-task-definition": (Role.DEPLOY,), "aws-actions/amazon-ecs-deploy-express-service": (Role.DEPLOY,),
    "aws-actions/aws-lambda-deploy": (Role.DEPLOY,), "aws-actions/aws-cloudformation-github-deploy": (Role.DEPLOY,),
    "einaregilsson/beanstalk-deploy": (Role.DEPLOY,), "appleboy/lambda-action": (Role.DEPLOY,),
    "azure/webapps-deploy": (Role.DEPLOY,), "azure/functions-action": (Role.DEPLOY,), "azure/k8s-deploy": (Role.DEPLOY,),
    "azure/container-apps-deploy-action": (Role.DEPLOY,), "azure/aci-deploy": (Role.DEPLOY,),
    "google-github-actions/deploy-cloudrun": (Role.DEPLOY,), "google-github-actions/deploy-appengine": (Role.DEPLOY,),
    "google-github-actions/deploy-cloud-functions": (Role.DEPLOY,), "akhileshns/heroku-deploy": (Role.DEPLOY,),
    "superfly/flyctl-actions": (Role.DEPLOY,), "digitalocean/app_action": (Role.DEPLOY,),
    "digitalocean/app_action/deploy": (Role.DEPLOY,), "amondnet/vercel-action": (Role.DEPLOY,),
    "nwtgck/actions-netlify": (Role.DEPLOY,), "cloudflare/wrangler-action": (Role.DEPLOY,),
    "cloudflare/pages-action": (Role.DEPLOY,), "serverless/github-action": (Role.DEPLOY,), "dokku/github-action": (Role.DEPLOY,),
    "firebaseextended/action-hosting-deploy": (Role.DEPLOY,), "bobheadxi/deployments": (Role.DEPLOY,),
    "johnbeynon/render-deploy-action": (Role.DEPLOY,), "platformsh/cli": (Role.DEPLOY,), "bitovi/github-actions-deploy-docker-to-ec2": (Role.DEPLOY,),
    "samkirkland/ftp-deploy-action": (Role.DEPLOY,), "linode/action-linode-cli": (),
    "appleboy/ssh-action": (Role.SSH,), "appleboy/scp-action": (Role.SSH,), "easingthemes/ssh-deploy": (Role.SSH, Role.DEPLOY),
    "burnett01/rsync-deployments": (Role.SSH, Role.DEPLOY), "garygrossgarten/github-action-ssh": (Role.SSH,),
    "garygrossgarten/github-action-scp": (Role.SSH,), "fifsky/ssh-action": (Role.SSH,), "wlixcc/sftp-deploy-action": (Role.SSH, Role.DEPLOY),
    "cross-the-world/ssh-pipeline": (Role.SSH,), "cross-the-world/ssh-scp-ssh-pipelines": (Role.SSH,),
    "nogsantos/ssh-scp-deploy": (Role.SSH, Role.DEPLOY), "up9cloud/action-rsync": (Role.SSH, Role.DEPLOY),
    "contention/rsync-deployments": (Role.SSH, Role.DEPLOY), "d3rhase/ssh-command-action": (Role.SSH,),
    "matheusvanzan/sshpass-action": (Role.SSH,), "deployphp/action": (Role.SSH, Role.DEPLOY),
}  # fmt: skip
_PREFIXES: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("snyk/actions/", (DEPS,)),
    ("google/osv-scanner-action/", (DEPS,)),
)


def action(uses: str, inputs: Mapping[str, str]) -> tuple[Recognised, ...]:
    """What a step with `uses:` does; empty for an action that says nothing about it."""
    name = uses.split("@")[0].lower().strip("/")
    if name.startswith("docker://"):
        return image(uses.removeprefix("docker://"))
    roles = _ACTIONS.get(name)
    if roles is None:
        roles = next((found for prefix, found in _PREFIXES if name.startswith(prefix)), ())
    if name == "aquasecurity/trivy-action":
        roles = _trivy_roles(inputs.get("scan-type", "image"), inputs.get("scanners", ""))
    shown = uses.split("@")[0]
    return tuple(Recognised(role, shown, _weak_action(name, inputs)) for role in roles)


def _trivy_roles(kind: str, scanners: str) -> tuple[Role, ...]:
    if kind in ("config", "sbom"):
        return (VULNS,)
    roles = [VULNS]
    if kind in ("fs", "repo", "filesystem", "repository") and (not scanners or "vuln" in scanners):
        roles.append(DEPS)
    if not scanners or "secret" in scanners:
        roles.append(SECRETS)
    return tuple(roles)


def _weak_action(name: str, inputs: Mapping[str, str]) -> str:
    if (
        name == "aquasecurity/trivy-action"
        and inputs.get("exit-code", "0") == "0"
        and "sarif" not in inputs.get("format", "")
    ):
        return "exit-code is 0, so that findings do not fail it"
    if name == "anchore/scan-action" and inputs.get("fail-build", "true") == "false":
        return "fail-build: false"
    if name == "actions/dependency-review-action" and inputs.get("warn-only", "false") == "true":
        return "warn-only: true"
    if name == "docker/scout-action" and inputs.get("exit-code", "false") != "true" and "sarif-file" not in inputs:
        return "exit-code is not set, so that findings do not fail it"
    if "exit-zero" in inputs and inputs["exit-zero"] == "true":
        return "exit-zero: true"
    return ""


_IMAGES: tuple[tuple[str, tuple[Role, ...]], ...] = (
    (r"semgrep/semgrep|returntocorp/semgrep|opengrep/opengrep", (SAST,)),
    (r"sonarsource/sonar-scanner-cli|security-products/(semgrep|sast|bandit|gemnasium-sast)", (SAST,)),
    (
        r"zricethezav/gitleaks|gitleaks/gitleaks|trufflesecurity/trufflehog|security-products/secrets|gitguardian/ggshield",
        (SECRETS,),
    ),
    (r"aquasec/trivy|aquasecurity/trivy|anchore/grype|security-products/container-scanning|docker/scout-cli", (VULNS,)),
    (r"google/osv-scanner|owasp/dependency-check|security-products/(gemnasium|dependency-scanning)", (DEPS,)),
)


def image(name: str) -> tuple[Recognised, ...]:
    """What a job whose container is a scanner's own image is there for."""
    return tuple(
        Recognised(role, name.split("@")[0].rsplit(":", 1)[0])
        for pattern, roles in _IMAGES
        if re.search(pattern, name)
        for role in roles
    )


def command(words: tuple[str, ...], fed: bool = False) -> tuple[Recognised, ...]:
    """What a command does; the words as `shell.unwrapped` leaves them; `fed` if it reads a here document or a pipe."""
    if not words:
        return ()
    name = words[0].removeprefix("./").rpartition("/")[2].lower()
    rest = words[1:]
    found = [
        *_scanner(name, rest),
        *_tests(name, words[0], rest),
        *_deploys(name, words[0], rest),
        *_remote(name, rest, fed),
    ]
    if name in ("docker", "podman"):
        found += [item for word in rest for item in image(word) if "run" in rest]
    return tuple(found)


def _has(words: tuple[str, ...], *options: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in words for option in options)


def _value(words: tuple[str, ...], option: str) -> str | None:
    for position, word in enumerate(words):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and position + 1 < len(words):
            return words[position + 1]
    return None


_SIMPLE: dict[str, tuple[Role, ...]] = {
    "pip-audit": (DEPS,), "osv-scanner": (DEPS,), "dependency-check": (DEPS,), "dependency-check.sh": (DEPS,),
    "govulncheck": (DEPS,), "bundler-audit": (DEPS,), "bundle-audit": (DEPS,), "audit-ci": (DEPS,), "cargo-audit": (DEPS,),
    "cargo-deny": (DEPS,), "retire": (DEPS,), "auditjs": (DEPS,), "uv-secure": (DEPS,), "better-npm-audit": (DEPS,),
    "gosec": (SAST,), "brakeman": (SAST,), "njsscan": (SAST,), "bearer": (SAST,), "sonar-scanner": (SAST,),
    "kubescape": (SAST,), "checkov": (SAST,), "tfsec": (SAST,), "kics": (SAST,), "terrascan": (SAST,), "kube-score": (SAST,),
    "horusec": (SAST, SECRETS), "pysa": (SAST,), "psalm": (), "flawfinder": (SAST,), "codeql": (SAST,), "spotbugs": (SAST,),
    "ggshield": (SECRETS,), "detect-secrets-hook": (SECRETS,), "git-secrets": (SECRETS,), "whispers": (SECRETS,),
    "ripsecrets": (SECRETS,), "gitleaks": (SECRETS,), "bandit": (SAST,), "semgrep": (SAST,), "clair-scanner": (VULNS,), "clairctl": (VULNS,),
}  # fmt: skip


_TASK_RUNNERS = {"make", "gmake", "just", "task", "invoke", "npm", "yarn", "pnpm"}


def _scanner(name: str, rest: tuple[str, ...]) -> list[Recognised]:
    weak = "--soft-fail" if _has(rest, "--soft-fail") else ""
    roles: tuple[Role, ...] = _SIMPLE.get(name, ())
    if name in _TASK_RUNNERS:
        target = next((word for word in rest if not word.startswith("-") and word != "run"), "")
        roles, name = _SIMPLE.get(target, ()), f"{name} {target}"
    if _has(rest, "--version", "--help", "-h"):
        return []
    if name == "bandit":
        roles, weak = (SAST,), "--exit-zero" if _has(rest, "--exit-zero") else ""
    elif name in ("semgrep", "opengrep"):
        roles = (SAST,)
        if "ci" not in rest[:2] and not _has(rest, "--error"):
            weak = "without --error it ends well whatever it finds"
    elif name == "ruff" and any(re.search(r"(^|[,=])S(\d|,|$)", word) for word in rest):
        roles = (SAST,)
    elif name in ("safety", "snyk"):
        roles = (DEPS,) if {"check", "scan", "test"} & set(rest[:2]) else ()
        roles = (
            (VULNS,)
            if name == "snyk" and "container" in rest[:2]
            else (SAST,)
            if name == "snyk" and "code" in rest[:2]
            else roles
        )
    elif (
        (name in ("npm", "yarn", "pnpm", "bun") and "audit" in rest[:2])
        or (name == "composer" and "audit" in rest[:1])
        or (name == "cargo" and rest[:1] in (("audit",), ("deny",)))
    ):
        roles = (DEPS,)
    elif name == "gitleaks":
        roles, weak = (SECRETS,), "--exit-code 0" if _value(rest, "--exit-code") == "0" else ""
    elif name == "trufflehog":
        roles, weak = (SECRETS,), "" if _has(rest, "--fail") else "without --fail it ends well whatever it finds"
    elif name in ("kingfisher", "betterleaks", "noseyparker"):
        roles = (SECRETS,)
    elif name == "trivy" and rest:
        verb = next((word for word in rest if not word.startswith("-")), "")
        roles = _trivy_roles(verb, _value(rest, "--scanners") or _value(rest, "--security-checks") or "")
        weak = (
            ""
            if _value(rest, "--exit-code") not in (None, "0")
            else "without --exit-code 1 it ends well whatever it finds"
        )
    elif name == "grype":
        roles, weak = (
            (VULNS,),
            "" if _has(rest, "--fail-on", "-f") else "without --fail-on it ends well whatever it finds",
        )
    elif name == "docker" and rest[:2] in (("scout", "cves"), ("scout", "quickview")):
        roles, weak = (
            (VULNS,),
            "" if _has(rest, "--exit-code", "-e") else "without --exit-code it ends well whatever it finds",
        )
    return [Recognised(role, name, weak) for role in roles]


_TEST_PROGRAMS = {
    "pytest", "py.test", "tox", "nox", "nosetests", "unittest", "jest", "vitest", "mocha", "ava", "karma", "rspec", "phpunit",
    "pest", "ctest", "bats", "ginkgo", "behave", "cucumber", "runtests.py", "trial", "stestr", "twister", "zope-testrunner",
    "gotestsum", "molecule", "kyverno-test", "testem", "ospec", "tap", "prove", "runtests.pl", "promtool",
}  # fmt: skip
_TEST_VERBS: dict[str, re.Pattern[str]] = {
    program: re.compile(pattern)
    for programs, pattern in (
        (
            "go cargo dotnet flutter dart deno bun swift mix bazel bazelisk sbt lein zig pio hatch rails hardhat forge",
            r"test(:.*)?$|nextest$",
        ),
        ("npm yarn pnpm", r"(test|t|tst|unit|e2e|jest|vitest)([:\-_].*)?$|.*[:\-_]tests?$"),
        ("mvn mvnw", r"test$|verify$|install$|package$|integration-test$"),
        ("gradle gradlew", r"(.*:)?(test|check|build)$|.*Test$"),
        (
            "make gmake just task invoke inv rake nmake mage earthly",
            r"(check|checks|ci)$|(.*[-_./:])?(tests?|unittests?|pytest)([-_./:].*)?$",
        ),
        ("manage.py django-admin", r"test$"),
        ("playwright cypress", r"test$|run$"),
        ("meson ninja xcodebuild", r"test$"),
        ("trial coverage", r".*pytest.*|.*unittest.*|.*test.*"),
    )
    for program in programs.split()
}
_TEST_SCRIPT = re.compile(
    r"(^|[-_./])(run[-_]?)?(unit|integration|e2e|smoke)?[-_]?tests?(\.(sh|py|js|ts|rb|pl|bash))?$"
)


def _tests(name: str, written: str, rest: tuple[str, ...]) -> list[Recognised]:
    if _has(
        rest, "--version", "--help", "-h", "--collect-only", "--co", "--dry-run", "--list", "--notest", "--showconfig"
    ):
        return []
    shown = name
    if re.fullmatch(r"python[\d.]*|node|ruby|bash|sh|perl", name) and rest:
        script = next((word for word in rest if not word.startswith("-")), "")
        name, written, rest = (
            script.rpartition("/")[2].lower(),
            script,
            rest[rest.index(script) + 1 :] if script else (),
        )
        shown = name
        if not script:
            return []
    verbs = _TEST_VERBS.get(name)
    if verbs is not None:
        words = [word for word in rest[:8] if not word.startswith("-") and word != "run" and word != "run-script"]
        verb = next((word for word in words if verbs.match(word)), None)
        if verb is None or (name == "cargo" and words[0] not in ("test", "nextest")):
            return []
        shown = f"{name} {verb}"
    elif name == "promtool":
        if rest[:1] != ("test",):
            return []
    elif name not in _TEST_PROGRAMS and not (("/" in written or "." in name) and _TEST_SCRIPT.search(name)):
        return []
    weak = ""
    if _has(rest, "--if-present"):
        weak = "--if-present: it does nothing where there is no test script"
    elif _has(rest, "--passWithNoTests", "--pass-with-no-tests", "--allow-no-tests", "--no-tests=pass"):
        weak = "passes without any test"
    elif any(word.startswith(("-DskipTests", "-Dmaven.test.skip")) for word in rest):
        weak = "tests are skipped (-DskipTests)"
    elif name == "go" and _value(rest, "-run") in ("^$", "NONE", "XXX", "^NONE"):
        weak = "-run matches no test"
    elif (
        name in ("tox", "nox")
        and (env := _value(rest, "-e") or _value(rest, "-s"))
        and re.fullmatch(r"((lint|docs?|build|format|pre-commit|typing|mypy|types|style|pep8|flake8)[-_\w]*,?)+", env)
    ):
        return []
    return [Recognised(Role.TESTS, shown, weak)]


_DEPLOY_VERBS: tuple[tuple[str, str], ...] = (
    ("kubectl oc", r"(apply|set image|rollout restart|replace|create -f|patch)\b"),
    ("helm", r"(upgrade|install)\b"), ("helmfile", r"(apply|sync)\b"), ("argocd", r"app sync\b"), ("skaffold", r"run\b"),
    ("aws", r"(ecs update-service|lambda update-function-code|deploy create-deployment|cloudformation deploy|elasticbeanstalk update-environment|apprunner start-deployment)\b"),
    ("eb copilot sam cdk serverless sls chalice zappa wrangler kamal flyctl fly railway", r"(deploy|update|up|publish|svc deploy)\b"),
    ("gcloud", r"(beta )?(run deploy|run services update|run services replace|app deploy|functions deploy|deploy releases create)\b"),
    ("az", r"(webapp deploy|webapp config container set|webapp up|functionapp deploy|containerapp update|containerapp up)"),
    ("heroku", r"container:release\b"), ("git", r"push .*\b(heroku|dokku)\b"), ("terraform tofu terragrunt", r"apply\b"),
    ("pulumi", r"up\b"), ("ansible-playbook", r".+"), ("cap", r"\S+ deploy\b"), ("fab", r".*\bdeploy"), ("dep", r"deploy\b"),
    ("nomad", r"(job )?run\b"), ("netlify vercel", r".*--prod\b"), ("docker", r"(stack deploy|service update)\b"),
    ("make gmake just task npm yarn pnpm invoke", r"(run )?(deploy|release-prod|ship)([-_:](?!docs?\b|preview|pages|test)\w+)*$"),
    ("ecs-deploy ecs", r".+"), ("firebase", r"deploy\b"),
)  # fmt: skip
_DEPLOYING = {
    program: re.compile(rf"(?:^|(?<=\s))(?:{pattern})")
    for programs, pattern in _DEPLOY_VERBS
    for program in programs.split()
}
_DEPLOY_SCRIPT = re.compile(
    r"^(deploy|release-to-prod)([-_](?!docs?\b|preview|pages|test|key)\w+)*\.(sh|py|rb|js|bash)$|^deploy$"
)


def _deploys(name: str, written: str, rest: tuple[str, ...]) -> list[Recognised]:
    if _has(rest, "--dry-run", "--help", "--version", "--check", "--noop"):
        return []
    text = " ".join(word for word in rest if not word.startswith("-") or word == "--prod")[:300]
    pattern = _DEPLOYING.get(name)
    if pattern and (match := pattern.search(text)):
        verb = " ".join(match[0].split()[:2]) if len(match[0]) < 40 else ""
        return [Recognised(Role.DEPLOY, f"{name} {verb}".strip() if name not in ("ansible-playbook", "git") else name)]
    if name in ("bash", "sh", "python", "python3") and rest:
        name, written = rest[0].rpartition("/")[2], rest[0]
    if ("/" in written + name and _DEPLOY_SCRIPT.match(name)) or (
        _DEPLOY_SCRIPT.match(name) and written.endswith((".sh", ".py"))
    ):
        return [Recognised(Role.DEPLOY, name)]
    if (name, *rest[:1]) in (("kind", "create"), ("minikube", "start"), ("k3d", "cluster"), ("ctlptl", "apply")):
        return [Recognised(Role.LOCAL_CLUSTER, name)]
    if name in ("docker", "podman", "buildah") and ("build" in rest[:2] or rest[:2] == ("compose", "build")):
        return [Recognised(Role.IMAGE_BUILD, f"{name} build")]
    return []


_LOCAL_HOSTS = re.compile(r"(^|@)(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|host\.docker\.internal)$")
_FORGES = re.compile(r"(^|@)(ssh\.)?(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|aur\.archlinux\.org)$")
_SSH_VALUES = set("BbcDEeFIiJLlmOoPpQRSWw")


def _remote(name: str, rest: tuple[str, ...], fed: bool) -> list[Recognised]:
    if name == "sshpass":
        inner = _after_sshpass(rest)
        return _remote(inner[0], inner[1:], fed) if inner else []
    if name == "ssh":
        host, command = _ssh_parts(rest)
        # Without a command of its own the key may be one with a forced command; the host alone knows.
        return [Recognised(Role.SSH, "ssh")] if (command or fed) and _is_foreign(host) else []
    if name in ("scp", "rsync", "sftp"):
        targets = [
            word
            for word in rest
            if not word.startswith("-") and re.match(r"(\w[\w.${}-]*@)?[\w.${}\[\]-]+::?[^\\]", word)
        ]
        hosts = [
            word.partition(":")[0] for word in targets if "://" not in word and not re.match(r"^[A-Za-z]:[\\/]", word)
        ]
        return [Recognised(Role.SSH, name)] if any(_is_foreign(host) for host in hosts) else []
    if name in ("fab", "cap", "dep") and any("deploy" in word for word in rest):
        return [Recognised(Role.SSH, name)]
    if name == "ansible" and _has(rest, "-m", "-a", "--module-name", "--args"):
        return [Recognised(Role.SSH, "ansible (ad hoc)")]
    return []


def _after_sshpass(rest: tuple[str, ...]) -> tuple[str, ...]:
    for position, word in enumerate(rest):
        if word in ("ssh", "scp", "rsync", "sftp"):
            return rest[position:]
    return ()


def _is_foreign(host: str) -> bool:
    return bool(host) and not _LOCAL_HOSTS.search(host) and not _FORGES.search(host)


def _ssh_parts(rest: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    words = list(rest)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-T", "-V", "-N", "-f", "-Q", "-G"):
            continue
        if len(option) == 2 and option[1] in _SSH_VALUES and words:
            words.pop(0)
    return (words[0] if words else ""), tuple(words[1:])
