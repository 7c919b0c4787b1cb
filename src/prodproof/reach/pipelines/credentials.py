"""Logins of pipelines that rest on a stored key."""

import re
from collections.abc import Iterable, Mapping

from prodproof.facts.pipeline import LongLivedCredential

_NAMES: tuple[tuple[str, str], ...] = (
    ("AWS", r"(^|_)AWS_SECRET(_ACCESS)?(_KEY)?(_|$)|(^|_)AWS_SECRET_KEY"),
    (
        "Google Cloud",
        r"GOOGLE_(APPLICATION_)?CREDENTIALS|GCP_(SA_KEY|CREDENTIALS|SERVICE_ACCOUNT_KEY)|GCLOUD_SERVICE_KEY|GKE_SA_KEY|GCP_KEY",
    ),
    ("Azure", r"AZURE_CREDENTIALS|AZURE_CLIENT_SECRET|ARM_CLIENT_SECRET|AZURE_WEBAPP_PUBLISH_PROFILE"),
    ("Kubernetes", r"^KUBE_?CONFIG(_DATA|_BASE64|_B64)?$|KUBE_TOKEN|KUBERNETES_TOKEN"),
    ("npm", r"^NPM_TOKEN$|NODE_AUTH_TOKEN|NPM_AUTH_TOKEN|NPM_PUBLISH_TOKEN"),
    (
        "PyPI",
        r"PYPI_(API_)?(TOKEN|PASSWORD)|TWINE_PASSWORD|UV_PUBLISH_TOKEN|POETRY_PYPI_TOKEN|FLIT_PASSWORD|HATCH_INDEX_AUTH",
    ),
    ("crates.io", r"CARGO_REGISTRY_TOKEN|CRATES_(IO_)?TOKEN"),
    ("RubyGems", r"RUBYGEMS_(API_KEY|AUTH_TOKEN)|GEM_HOST_API_KEY"),
    (
        "a container registry",
        r"DOCKER_?(HUB)?_?(PASSWORD|TOKEN|PASS|PAT)$|QUAY_(PASSWORD|TOKEN)|REGISTRY_PASSWORD|ACR_PASSWORD",
    ),
    (
        "a hosting platform",
        r"HEROKU_API_KEY|FLY_API_TOKEN|VERCEL_TOKEN|NETLIFY_AUTH_TOKEN|CLOUDFLARE_API_(TOKEN|KEY)|CF_API_(TOKEN|KEY)|DIGITALOCEAN_(ACCESS_)?TOKEN|HCLOUD_TOKEN|LINODE_TOKEN|RENDER_API_KEY|RAILWAY_TOKEN",
    ),
    ("SSH", r"SSH_(PRIVATE_)?KEY|(^|_)SSH_KEY|DEPLOY_KEY|SSH_PASSWORD"),
    ("the forge", r"(^|_)(GH|GITHUB|GITLAB)_(PAT|PERSONAL_ACCESS_TOKEN)($|_)|(^|_)PAT$|PERSONAL_ACCESS_TOKEN"),
)
_COMPILED = tuple((provider, re.compile(pattern, re.IGNORECASE)) for provider, pattern in _NAMES)
_SECRET = re.compile(r"secrets\.([A-Za-z_]\w*)|secrets\[['\"](\w+)['\"]\]")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_ROTATED_BY_FORGE = {"GITHUB_TOKEN", "CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"}
_LOGIN_INPUTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "aws-actions/configure-aws-credentials": ("AWS", ("aws-secret-access-key", "aws-access-key-id")),
    "google-github-actions/auth": ("Google Cloud", ("credentials_json",)),
    "google-github-actions/setup-gcloud": ("Google Cloud", ("service_account_key",)),
    "azure/login": ("Azure", ("creds",)),
    "azure/docker-login": ("a container registry", ("password",)),
    "azure/webapps-deploy": ("Azure", ("publish-profile",)),
    "docker/login-action": ("a container registry", ("password",)),
    "redhat-actions/podman-login": ("a container registry", ("password",)),
    "pypa/gh-action-pypi-publish": ("PyPI", ("password",)),
    "webfactory/ssh-agent": ("SSH", ("ssh-private-key",)),
    "appleboy/ssh-action": ("SSH", ("key", "password")),
    "appleboy/scp-action": ("SSH", ("key", "password")),
    "azure/k8s-set-context": ("Kubernetes", ("kubeconfig",)),
    "shimataro/ssh-key-action": ("SSH", ("key",)),
}


def of_action(uses: str, inputs: Mapping[str, str], line: int) -> Iterable[LongLivedCredential]:
    """Stored keys that an action is handed."""
    name = uses.split("@")[0].lower()
    provider, keys = _LOGIN_INPUTS.get(name, ("", ()))
    for key in keys:
        secrets = _secrets_in(inputs.get(key, ""))
        if secrets:
            yield LongLivedCredential(provider, secrets[0], line)
            return
    for value in inputs.values():
        yield from of_expression(value, line)


def of_variable(name: str, value: str, line: int) -> Iterable[LongLivedCredential]:
    """An environment variable that is set to one of the forge's secrets."""
    for secret in _secrets_in(value):
        provider = _provider(secret) or _provider(name)
        if provider:
            yield LongLivedCredential(provider, secret, line)


def of_expression(text: str, line: int) -> Iterable[LongLivedCredential]:
    """Secrets by their usual names, wherever an expression hands them over."""
    for secret in _secrets_in(text):
        if provider := _provider(secret):
            yield LongLivedCredential(provider, secret, line)


def of_gitlab(script: str, line: int) -> Iterable[LongLivedCredential]:
    """GitLab hands its stored variables over by name: those that a script spells out."""
    for number, text in enumerate(script.splitlines()[:5000]):
        for name in dict.fromkeys(_VARIABLE.findall(text)):
            if name not in _ROTATED_BY_FORGE and (provider := _provider(name)):
                yield LongLivedCredential(provider, name, line + number)


def _secrets_in(value: str) -> list[str]:
    names = [first or second for first, second in _SECRET.findall(value)]
    return [name for name in names if name.upper() not in _ROTATED_BY_FORGE]


def _provider(name: str) -> str:
    return next((provider for provider, pattern in _COMPILED if pattern.search(name)), "")
