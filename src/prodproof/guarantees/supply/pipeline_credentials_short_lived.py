"""Pipelines use temporary credentials (OIDC), never long-lived keys.

Risk: A key that is stored with the pipeline works from anywhere and for years: whoever reads it once, from a log, a
fork or a compromised action, can come back whenever they like.
Verified: Workflow steps and scripts that log in to clouds, registries, package indexes and servers are read: which of
them are handed a stored secret. The forge's own token is no finding. What the forge stores is not listed yet.
Mend: AWS: `aws-actions/configure-aws-credentials` with `role-to-assume` and `permissions: id-token: write`; Google:
workload identity federation; Azure: federated credentials; PyPI and npm: trusted publishing; GitLab: `id_tokens:`. Then
delete the key, on both sides.
"""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.pipeline import Forge, LongLivedCredential, Pipeline, Trigger
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds


@guarantee(
    "supply.pipeline-credentials-short-lived",
    seeds="L-3",
    proof="inside",
    severity="high",
    verifiable=False,
    nothing="no pipeline of GitHub Actions or GitLab CI was found in the repositories",
)
def judge(pipeline: Pipeline) -> Verdict:
    """Logins with stored keys."""
    if pipeline.credentials:
        return broken(
            *(
                Finding(
                    "long-lived-credential",
                    f"uses a stored, long-lived key for {item.provider}: {item.name}",
                    Location(pipeline.location.path, item.line),
                    f"{item.provider}:{item.name}",
                )
                for item in pipeline.credentials
            )
        )
    return holds("no step is handed a stored key")


_WHOLE = Pipeline(Location(".github/workflows/deploy.yml"), Forge.GITHUB, "deploy", (Trigger("push"),), ())

EXAMPLES = (
    Example("a role by OIDC", _WHOLE, holds),
    Example(
        "a stored AWS key",
        replace(_WHOLE, credentials=(LongLivedCredential("AWS", "AWS_SECRET_ACCESS_KEY", 12),)),
        broken,
        says="AWS_SECRET_ACCESS_KEY",
    ),
)
