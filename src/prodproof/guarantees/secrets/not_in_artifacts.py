"""No secret is baked into container images, Dockerfiles (ENV/ARG), Kubernetes ConfigMaps or build artifacts.

Risk: Whoever can pull the image can read every layer of it, also the one whose file was deleted later.
Verified: Dockerfiles (ENV, ARG, RUN, copied credential files), Kubernetes manifests (ConfigMaps, Secrets, literal
variables of containers) and compose files are read for names of secrets with literal values, and searched by rules and
for the exact values of all declared secrets. Every [[artifact]] is searched the same way: images layer by layer with
their configuration and deleted files, bundles, packages. Test files of installed packages are set aside for the rules,
never for the exact values.
Mend: Use build secrets (--mount=type=secret) instead of ARG and ENV, inject at run time, and rotate what was
baked in.
"""

import re
from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.artifacts import ArtifactSearch, Baked, Baking, BuildFiles
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import found, unproven
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_MEND = "inject it at run time, build again, and replace the secret"
_WORDS = {
    Baking.IMAGE_VARIABLE: (
        "is given a literal value",
        "inject it at run time; a value from the build is in the image for ever",
    ),
    Baking.BUILD_ARGUMENT: ("is a build argument, which the image's history keeps", "use RUN --mount=type=secret"),
    Baking.COMMAND: ("is given a literal value in a command of the build", "use RUN --mount=type=secret"),
    Baking.COPY: ("is copied into the image", "leave it out, list it in .dockerignore, and mount it at run time"),
    Baking.CONFIG_MAP: ("stands in clear in a ConfigMap", "keep it in a Secret that comes from the secret manager"),
    Baking.SECRET_MANIFEST: (
        "stands in a committed Secret, which anybody can decode",
        "seal it, or have it made from the secret manager",
    ),
    Baking.CONTAINER_VARIABLE: ("is given a literal value", "take it from a Secret or from the environment"),
}
_PACKAGE_TEST = re.compile(
    r"(?:/(?:site-packages|dist-packages|node_modules|gems|vendor/bundle)/(?:.*/)?"
    r"(?:tests?|testing|test_?data|fixtures?|examples?|docs?|spec)/"
    r"|/python3\.\d+/(?:test|idlelib|lib2to3/tests|[a-z_]+/tests?)/|/usr/share/(?:doc|perl5?)/)"
)
"""Where packages that anybody can fetch keep keys for their own tests."""


@guarantee("secrets.not-in-artifacts", seeds="H-5 S-4", proof="inside", severity="critical")
def judge(build: BuildFiles) -> Verdict:
    """What one repository builds from."""
    findings = [_baked(item) for item in build.baked]
    told = {(item.location.path, item.location.line) for item in build.baked}
    others = tuple(item for item in build.traced.seen if item.rule == "value" or (item.path, item.line) not in told)
    findings += found(replace(build.traced, seen=others), "", _MEND)
    if findings:
        return broken(*findings)
    if not build.files:
        return holds("no Dockerfile, Kubernetes manifest or compose file")
    return unproven(build.traced) or holds(f"no secret in {build.files} Dockerfiles, manifests and compose files")


@judge.also
def artifact(search: ArtifactSearch) -> Verdict:
    """What one declared artifact is made of."""
    aside = [item for item in search.traced.seen if item.rule != "value" and _PACKAGE_TEST.search(f"/{item.path}")]
    traced = replace(search.traced, seen=tuple(item for item in search.traced.seen if item not in aside))
    if findings := found(traced, "", _MEND):
        return broken(*findings)
    if missing := unproven(traced):
        return missing
    more = f"; {len(aside)} in tests of installed packages" if aside else ""
    return holds(f"none in {', '.join(search.files[:3])}{' ...' if search.files[3:] else ''}{more}")


def _baked(item: Baked) -> Finding:
    says, mend = _WORDS[item.how]
    inside = f" of {item.object}" if item.object else ""
    return Finding(
        item.how, f"{item.name}{inside} {says} ({item.location})", item.location, item.object + item.name, mend
    )


_TRACED = Traced(bytes_read=20_000, rules=700, values=5)
_BUILD = BuildFiles(files=4, traced=_TRACED)
_IMAGE = ArtifactSearch(kind="image", files=("dist/shop.tar",), traced=_TRACED)
_ENV = Baked(how=Baking.IMAGE_VARIABLE, name="DATABASE_PASSWORD", location=Location("Dockerfile", 9))
_MAP = Baked(how=Baking.CONFIG_MAP, name="API_TOKEN", location=Location("k8s/web.yaml", 4), object="ConfigMap shop")
_SEEN = SecretSeen(
    what="Stripe secret key",
    rule="stripe-secret-key",
    path="shop.tar!layer-2!app/.env",
    finding="0a1b2c3d4e5f",
    fingerprint="00112233445566778899aabbccddeeff",
    line=3,
)
_TEST_KEY = replace(_SEEN, path="shop.tar!layer-1!usr/lib/python3/dist-packages/twisted/test/server.pem")
_NO_TRUST = Unsearched(path="payment-key", why=Reason.NOT_PERMITTED, detail="no trust")

EXAMPLES = (
    Example("nothing in the files", _BUILD, holds, says="4 Dockerfiles"),
    Example(
        "a literal in ENV",
        replace(_BUILD, baked=(_ENV,)),
        broken,
        says="DATABASE_PASSWORD is given a literal value (Dockerfile:9)",
    ),
    Example(
        "a literal in a ConfigMap",
        replace(_BUILD, baked=(_MAP,)),
        broken,
        says="API_TOKEN of ConfigMap shop stands in clear",
    ),
    Example(
        "found by a rule in a manifest",
        replace(_BUILD, traced=replace(_TRACED, seen=(replace(_SEEN, path="k8s/web.yaml"),))),
        broken,
        says="Stripe secret key in k8s/web.yaml:3",
    ),
    Example(
        "the same line is told once",
        replace(_BUILD, baked=(_ENV,), traced=replace(_TRACED, seen=(replace(_SEEN, path="Dockerfile", line=9),))),
        broken,
        says="(Dockerfile:9)",
    ),
    Example(
        "a declared secret in the line of a literal",
        replace(
            _BUILD,
            baked=(_ENV,),
            traced=replace(_TRACED, seen=(replace(_SEEN, path="Dockerfile", line=9, rule="value", what="database"),)),
        ),
        broken,
        says="(and 1 more)",
    ),
    Example(
        "a literal, found without trust",
        replace(_BUILD, baked=(_ENV,), traced=replace(_TRACED, values=0, unresolved=(_NO_TRUST,))),
        broken,
    ),
    Example(
        "without trust",
        replace(_BUILD, traced=replace(_TRACED, values=0, unresolved=(_NO_TRUST,))),
        unknown,
        reason=Reason.NOT_PERMITTED,
    ),
    Example("no such files", replace(_BUILD, files=0, traced=Traced()), holds, says="no Dockerfile"),
    Example("nothing in the image", _IMAGE, holds, says="dist/shop.tar"),
    Example("in a layer", replace(_IMAGE, traced=replace(_TRACED, seen=(_SEEN,))), broken, says="layer-2"),
    Example(
        "a key of a package's own tests",
        replace(_IMAGE, traced=replace(_TRACED, seen=(_TEST_KEY,))),
        holds,
        says="1 in tests",
    ),
    Example(
        "a declared secret there",
        replace(_IMAGE, traced=replace(_TRACED, seen=(replace(_TEST_KEY, rule="value", what="payment-key"),))),
        broken,
        says="payment-key",
    ),
    Example(
        "a layer that cannot be read",
        replace(
            _IMAGE,
            traced=replace(
                _TRACED, unsearched=(Unsearched(path="shop.tar!layer-3", why=Reason.INCOMPLETE, detail="damaged"),)
            ),
        ),
        unknown,
        says="damaged",
        reason=Reason.INCOMPLETE,
    ),
)
