"""What published actions and scanner images do, as far as their names and inputs say it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prodproof.facts.pipeline import Role

SAST = Role.STATIC_ANALYSIS
DEPS = Role.DEPENDENCY_SCAN
SECRETS = Role.SECRET_DETECTION
VULNS = Role.VULNERABILITY_SCAN


@dataclass(frozen=True)
class Recognised:
    """A role that a step plays."""

    role: Role
    tool: str
    weak: str = ""
    """Why its failure does not count."""


_BY_ROLES: tuple[tuple[tuple[Role, ...], str], ...] = (
    (
        (SAST,),
        """
        aquasecurity/tfsec-action bearer/bearer-action bridgecrewio/checkov-action checkmarx/ast-github-action
        checkmarx/kics-github-action fortify/github-action github/codeql-action/analyze kubescape/github-action
        mdegis/bandit-action microsoft/security-devops-action njsscan/njsscan-action opengrep/opengrep-action
        pycqa/bandit-action returntocorp/semgrep-action securego/gosec semgrep/semgrep-action
        shundor/python-bandit-scan sonarsource/sonarcloud-github-action sonarsource/sonarqube-scan-action
        tj-actions/bandit veracode/veracode-pipeline-scan-action
        """,
    ),
    (
        (
            SAST,
            DEPS,
            SECRETS,
        ),
        """
        aikidosec/github-actions-workflow shiftleftsecurity/scan-action
        """,
    ),
    (
        (
            SAST,
            SECRETS,
        ),
        """
        horuszup/horusec-action
        """,
    ),
    (
        (DEPS,),
        """
        actions-rs/audit-check actions-rust-lang/audit actions/dependency-review-action
        dependency-check/dependency-check_action embarkstudios/cargo-deny-action fossas/fossa-action
        golang/govulncheck-action google/osv-scanner-action
        google/osv-scanner-action/.github/workflows/osv-scanner-reusable-pr.yml
        google/osv-scanner-action/.github/workflows/osv-scanner-reusable.yml
        google/osv-scanner-action/osv-scanner-action pypa/gh-action-pip-audit pyupio/safety-action
        pyupio/safety-cli-action rustsec/audit-check snyk/actions/golang snyk/actions/node snyk/actions/python
        """,
    ),
    (
        (VULNS,),
        """
        anchore/scan-action aquasecurity/trivy-action
        aws-actions/vulnerability-scan-github-action-for-amazon-inspector azure/container-scan
        crazy-max/ghaction-container-scan docker/scout-action lacework/lw-scanner-action snyk/actions/docker
        snyk/actions/iac sysdiglabs/scan-action
        """,
    ),
    (
        (SECRETS,),
        """
        betterleaks/betterleaks-action gacts/gitleaks gitguardian/ggshield-action
        gitguardian/ggshield/actions/secret gitleaks/gitleaks-action mongodb/kingfisher reviewdog/action-gitleaks
        trufflesecurity/trufflehog zricethezav/gitleaks-action
        """,
    ),
    (
        (Role.LOCAL_CLUSTER,),
        """
        abswarden/setup-k3d-k3s container-tools/kind-action debianmaster/actions-k3s engineerd/setup-kind
        helm/kind-action manusa/actions-setup-minikube medyagh/setup-minikube nolar/setup-k3d-k3s
        """,
    ),
    (
        (Role.IMAGE_BUILD,),
        """
        docker/bake-action docker/build-push-action ko-build/setup-ko redhat-actions/buildah-build
        """,
    ),
    (
        (Role.TESTS,),
        """
        cypress-io/github-action
        """,
    ),
    (
        (Role.DEPLOY,),
        """
        akhileshns/heroku-deploy amondnet/vercel-action appleboy/lambda-action
        aws-actions/amazon-ecs-deploy-express-service aws-actions/amazon-ecs-deploy-task-definition
        aws-actions/aws-cloudformation-github-deploy aws-actions/aws-lambda-deploy azure/aci-deploy
        azure/container-apps-deploy-action azure/functions-action azure/k8s-deploy azure/webapps-deploy
        bitovi/github-actions-deploy-docker-to-ec2 bobheadxi/deployments cloudflare/pages-action
        cloudflare/wrangler-action digitalocean/app_action digitalocean/app_action/deploy dokku/github-action
        einaregilsson/beanstalk-deploy firebaseextended/action-hosting-deploy google-github-actions/deploy-appengine
        google-github-actions/deploy-cloud-functions google-github-actions/deploy-cloudrun
        johnbeynon/render-deploy-action nwtgck/actions-netlify platformsh/cli samkirkland/ftp-deploy-action
        serverless/github-action superfly/flyctl-actions
        """,
    ),
    (
        (Role.SSH,),
        """
        appleboy/scp-action appleboy/ssh-action cross-the-world/ssh-pipeline cross-the-world/ssh-scp-ssh-pipelines
        d3rhase/ssh-command-action fifsky/ssh-action garygrossgarten/github-action-scp
        garygrossgarten/github-action-ssh matheusvanzan/sshpass-action
        """,
    ),
    (
        (
            Role.SSH,
            Role.DEPLOY,
        ),
        """
        burnett01/rsync-deployments contention/rsync-deployments deployphp/action easingthemes/ssh-deploy
        nogsantos/ssh-scp-deploy up9cloud/action-rsync wlixcc/sftp-deploy-action
        """,
    ),
)
_ACTIONS = {name: roles for roles, names in _BY_ROLES for name in names.split()}
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
        roles = trivy_roles(inputs.get("scan-type", "image"), inputs.get("scanners", ""))
    shown = uses.split("@")[0]
    return tuple(Recognised(role, shown, _weak_action(name, inputs)) for role in roles)


def trivy_roles(kind: str, scanners: str) -> tuple[Role, ...]:
    """What trivy looks for, by the kind of its target and the scanners that were chosen (all if none)."""
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
