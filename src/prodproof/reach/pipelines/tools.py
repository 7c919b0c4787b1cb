"""What the commands of pipelines do, as far as their names and options say it."""

import re

from prodproof.facts.pipeline import Role
from prodproof.reach.pipelines.actions import DEPS, SAST, SECRETS, VULNS, Recognised, image, trivy_roles


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
    "pip-audit": (DEPS,),
    "osv-scanner": (DEPS,),
    "dependency-check": (DEPS,),
    "dependency-check.sh": (DEPS,),
    "govulncheck": (DEPS,),
    "bundler-audit": (DEPS,),
    "bundle-audit": (DEPS,),
    "audit-ci": (DEPS,),
    "cargo-audit": (DEPS,),
    "cargo-deny": (DEPS,),
    "retire": (DEPS,),
    "auditjs": (DEPS,),
    "uv-secure": (DEPS,),
    "better-npm-audit": (DEPS,),
    "gosec": (SAST,),
    "brakeman": (SAST,),
    "njsscan": (SAST,),
    "bearer": (SAST,),
    "sonar-scanner": (SAST,),
    "kubescape": (SAST,),
    "checkov": (SAST,),
    "tfsec": (SAST,),
    "kics": (SAST,),
    "terrascan": (SAST,),
    "kube-score": (SAST,),
    "horusec": (SAST, SECRETS),
    "pysa": (SAST,),
    "psalm": (),
    "flawfinder": (SAST,),
    "codeql": (SAST,),
    "spotbugs": (SAST,),
    "ggshield": (SECRETS,),
    "detect-secrets-hook": (SECRETS,),
    "git-secrets": (SECRETS,),
    "whispers": (SECRETS,),
    "ripsecrets": (SECRETS,),
    "gitleaks": (SECRETS,),
    "bandit": (SAST,),
    "semgrep": (SAST,),
    "clair-scanner": (VULNS,),
    "clairctl": (VULNS,),
}


_TASK_RUNNERS = {"make", "gmake", "just", "task", "invoke", "npm", "yarn", "pnpm"}


def _scanner(name: str, rest: tuple[str, ...]) -> list[Recognised]:
    weak = "--soft-fail" if _has(rest, "--soft-fail") else ""
    roles: tuple[Role, ...] = _SIMPLE.get(name, ())
    if name in _TASK_RUNNERS:
        target = next((word for word in rest if not word.startswith("-") and word != "run"), "")
        if target in _SIMPLE:
            return [Recognised(role, f"{name} {target}") for role in _SIMPLE[target]]
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
        roles = trivy_roles(verb, _value(rest, "--scanners") or _value(rest, "--security-checks") or "")
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
    "pytest",
    "py.test",
    "tox",
    "nox",
    "nosetests",
    "unittest",
    "jest",
    "vitest",
    "mocha",
    "ava",
    "karma",
    "rspec",
    "phpunit",
    "pest",
    "ctest",
    "bats",
    "ginkgo",
    "behave",
    "cucumber",
    "runtests.py",
    "trial",
    "stestr",
    "twister",
    "zope-testrunner",
    "gotestsum",
    "molecule",
    "kyverno-test",
    "testem",
    "ospec",
    "tap",
    "prove",
    "runtests.pl",
    "promtool",
}
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
    ("helm", r"(upgrade|install)\b"),
    ("helmfile", r"(apply|sync)\b"),
    ("argocd", r"app sync\b"),
    ("skaffold", r"run\b"),
    (
        "aws",
        (
            r"(ecs update-service|lambda update-function-code|deploy create-deployment|cloudformation "
            r"deploy|elasticbeanstalk update-environment|apprunner start-deployment)\b"
        ),
    ),
    (
        "eb copilot sam cdk serverless sls chalice zappa wrangler kamal flyctl fly railway",
        r"(deploy|update|up|publish|svc deploy)\b",
    ),
    (
        "gcloud",
        (
            r"(beta )?(run deploy|run services update|run services replace|app deploy|functions deploy"
            r"|deploy releases create)\b"
        ),
    ),
    (
        "az",
        r"(webapp deploy|webapp config container set|webapp up|functionapp deploy|containerapp update|containerapp up)",
    ),
    ("heroku", r"container:release\b"),
    ("git", r"push .*\b(heroku|dokku)\b"),
    ("terraform tofu terragrunt", r"apply\b"),
    ("pulumi", r"up\b"),
    ("ansible-playbook", r".+"),
    ("cap", r"\S+ deploy\b"),
    ("fab", r".*\bdeploy"),
    ("dep", r"deploy\b"),
    ("nomad", r"(job )?run\b"),
    ("netlify vercel", r".*--prod\b"),
    ("docker", r"(stack deploy|service update)\b"),
    (
        "make gmake just task npm yarn pnpm invoke",
        r"(run )?(deploy|release-prod|ship)([-_:](?!docs?\b|preview|pages|test)\w++)*$",
    ),
    ("ecs-deploy ecs", r".+"),
    ("firebase", r"deploy\b"),
)
_DEPLOYING = {
    program: re.compile(rf"(?:^|(?<=\s))(?:{pattern})")
    for programs, pattern in _DEPLOY_VERBS
    for program in programs.split()
}
_DEPLOY_SCRIPT = re.compile(
    r"^(deploy|release-to-prod)([-_](?!docs?\b|preview|pages|test|key)\w++)*\.(sh|py|rb|js|bash)$|^deploy$"
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
            if not word.startswith("-") and re.match(r"(\w[\w.${}-]*@)?[\w.${}\[\]-]+::?([^\\]|$)", word)
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
