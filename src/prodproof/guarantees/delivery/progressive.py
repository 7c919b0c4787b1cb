"""Releases roll out progressively (canary, blue-green or rolling) with a health check that stops them.

Risk: A release that cannot start replaces everything that worked at once, and the shop is down until somebody notices.
Verified: Rollout settings in the repository: Kubernetes strategies with readiness probes, Argo Rollouts, Flagger, ECS
services (circuit breaker, alarms, CodeDeploy) in terraform and CloudFormation, update settings of compose services.
Settings of load balancers and process managers on hosts are not read; what only they describe is unknown.
Mend: Kubernetes: `strategy: RollingUpdate` with `maxUnavailable: 0` and a `readinessProbe` on every container that
takes requests; ECS: `deployment_circuit_breaker` with rollback; swarm: `healthcheck` and
`update_config: {order: start-first, failure_action: rollback}`.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.kubernetes import PodContainer, Rollout, Workload
from prodproof.facts.runtime import ComposeService, ComposeUpdate, EcsService
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, not_applicable, unknown


@guarantee(
    "delivery.progressive",
    seeds="L-6",
    proof="inside",
    severity="medium",
    nothing="no Kubernetes, ECS or compose file that says how releases roll out was found in the repositories",
)
def judge(workload: Workload) -> Verdict:
    """A Kubernetes controller."""
    rollout = workload.rollout
    if rollout is None or workload.kind == "DaemonSet":
        return not_applicable("not a release that takes requests")
    if rollout.replicas == 0:
        return not_applicable("scaled to zero")
    if rollout.guarded:
        return holds(f"{rollout.strategy} under a controller that watches it")
    ready = any(one.readiness for one in workload.containers if not one.init)
    if rollout.strategy in ("Recreate", "OnDelete"):
        lacking = "" if ready else ", without a readiness probe"
        return _broken(workload, "all-at-once", f"replaces all its pods at once (strategy {rollout.strategy}){lacking}")
    if not ready:
        return _broken(workload, "no-readiness-probe", "has no readiness probe, so a release that fails is not stopped")
    if rollout.max_unavailable == "100%" or _all(rollout):
        return _broken(
            workload, "all-at-once", f"may take all its pods away at once (maxUnavailable {rollout.max_unavailable})"
        )
    return holds(f"{rollout.strategy}, stopped by a readiness probe")


def _all(rollout: Rollout) -> bool:
    count = rollout.max_unavailable or ""
    # A single pod cannot be partly unavailable; with surge it is replaced, not taken away.
    if not count.isdecimal() or rollout.replicas is None:
        return False
    return rollout.replicas > 1 and int(count[:9]) >= rollout.replicas


def _broken(workload: Workload, rule: str, text: str) -> Verdict:
    key = f"{workload.kind}/{workload.namespace or ''}/{workload.name}"
    return broken(Finding(rule, f"{workload.kind} {workload.name} {text}", workload.location, key))


@judge.also
def ecs(service: EcsService) -> Verdict:
    """A service on Amazon ECS."""

    def flaw(rule: str, text: str) -> Verdict:
        return broken(Finding(rule, f"ECS service {service.name} {text}", service.location, service.name))

    if service.controller == "EXTERNAL":
        return unknown(Reason.NOT_DECLARED, "an external controller rolls it out; nothing here says how")
    if service.controller == "CODE_DEPLOY":
        return holds("blue-green by CodeDeploy")
    if service.minimum_healthy == 0:
        return flaw("all-at-once", "may take all its tasks away at once (minimum healthy percent 0)")
    if not service.circuit_breaker and not service.alarms:
        return flaw("nothing-stops-it", "has neither a circuit breaker nor alarms that stop a failing release")
    return holds("rolling, stopped by its circuit breaker" if service.circuit_breaker else "rolling, stopped by alarms")


@judge.also
def compose(service: ComposeService) -> Verdict:
    """A service of a compose file."""
    if not service.deployed:
        if service.other_platform:
            return not_applicable("releases run on another platform of this repository")
        return unknown(Reason.NOT_DECLARED, "nothing here says how its releases are rolled out")
    update = service.update
    if update is not None and update.parallelism == 0:
        text = f"service {service.name} replaces all its containers at once (update_config.parallelism 0)"
        return broken(Finding("all-at-once", text, service.location, service.name))
    if not service.health_check:
        text = f"service {service.name} has no healthcheck, so a release that fails is not stopped"
        return broken(Finding("no-health-check", text, service.location, service.name))
    if update is not None and update.failure_action == "continue":
        text = f"service {service.name} goes on with a release that fails (failure_action: continue)"
        return broken(Finding("nothing-stops-it", text, service.location, service.name))
    return holds("rolling, stopped by its health check")


_CONTAINER = PodContainer(name="web", image="shop", readiness=True)
_ROLLING = Workload(
    kind="Deployment",
    name="web",
    namespace="shop",
    containers=(_CONTAINER,),
    rollout=Rollout(strategy="RollingUpdate", max_unavailable="0", replicas=3),
    location=Location("k8s/web.yaml", 1),
)
_BLIND = replace(_ROLLING, containers=(replace(_CONTAINER, readiness=False),))
_ECS = EcsService(name="web", circuit_breaker=True, rolls_back=True, location=Location("infra/web.tf", 3))
_SWARM = ComposeService(
    name="web", health_check=True, deployed=True, update=ComposeUpdate(failure_action="rollback", order="start-first"),
    location=Location("stack.yml", 3),
)  # fmt: skip


def _strategy(strategy: str) -> Rollout:
    return Rollout(strategy=strategy, replicas=3)


def _unavailable(count: str, replicas: int | None) -> Workload:
    return replace(_ROLLING, rollout=Rollout(strategy="RollingUpdate", max_unavailable=count, replicas=replicas))


EXAMPLES = (
    Example("rolling with a readiness probe", _ROLLING, holds),
    Example(
        "Recreate without a readiness probe", replace(_BLIND, rollout=_strategy("Recreate")), broken, says="Recreate"
    ),
    Example("Recreate", replace(_ROLLING, rollout=_strategy("Recreate")), broken, says="at once"),
    Example("no readiness probe", _BLIND, broken, says="no readiness probe"),
    Example(
        "all may go", replace(_ROLLING, rollout=replace(_strategy("RollingUpdate"), max_unavailable="100%")), broken
    ),
    Example("a watched canary", replace(_BLIND, rollout=replace(_strategy("Canary"), guarded=True)), holds),
    Example("a job", replace(_ROLLING, kind="Job", rollout=None), not_applicable),
    Example("a circuit breaker", _ECS, holds),
    Example("no circuit breaker", replace(_ECS, circuit_breaker=False), broken),
    Example("all tasks may go", replace(_ECS, minimum_healthy=0), broken),
    Example("an external controller", replace(_ECS, controller="EXTERNAL"), unknown, reason=Reason.NOT_DECLARED),
    Example("a swarm that rolls back", _SWARM, holds),
    Example("a swarm without a health check", replace(_SWARM, health_check=False), broken),
    Example("a swarm that goes on", replace(_SWARM, update=ComposeUpdate(failure_action="continue")), broken),
    Example("compose alone", replace(_SWARM, deployed=False), unknown, reason=Reason.NOT_DECLARED),
    Example("compose for developers", replace(_SWARM, deployed=False, other_platform=True), not_applicable),
    Example("a DaemonSet", replace(_BLIND, kind="DaemonSet"), not_applicable),
    Example("scaled to zero", replace(_BLIND, rollout=_unavailable("0", 0).rollout), not_applicable),
    Example("one pod without a readiness probe", replace(_BLIND, rollout=_unavailable("0", 1).rollout), broken),
    Example(
        "a readiness probe beside a container without",
        replace(_ROLLING, containers=(_CONTAINER, replace(_CONTAINER, readiness=False))),
        holds,
    ),
    Example(
        "a readiness probe on an init container alone",
        replace(_ROLLING, containers=(replace(_CONTAINER, init=True),)),
        broken,
    ),
    Example("OnDelete", replace(_ROLLING, rollout=_strategy("OnDelete")), broken, says="OnDelete"),
    Example("two of three may go", _unavailable("2", 3), holds),
    Example("three of three may go", _unavailable("3", 3), broken, says="maxUnavailable 3"),
    Example("four of three may go", _unavailable("4", 3), broken),
    Example("one of two may go", _unavailable("2", 2), broken),
    Example("one single pod", _unavailable("1", 1), holds),
    Example("a quarter may go", _unavailable("25%", 3), holds),
    Example("nothing said of how many may go", replace(_ROLLING, rollout=_strategy("RollingUpdate")), holds),
    Example("one may go of a number that is not said", _unavailable("1", None), holds),
    Example("a number that is none", _unavailable("9" * 5000, 3), broken),
    Example("blue-green on ECS", replace(_ECS, controller="CODE_DEPLOY", minimum_healthy=0), holds),
    Example("alarms on ECS", replace(_ECS, circuit_breaker=False, alarms=True), holds),
    Example(
        "a swarm that replaces all at once",
        replace(_SWARM, update=ComposeUpdate(failure_action="rollback", parallelism=0)),
        broken,
        says="at once",
    ),
    Example("a swarm that says nothing of updates", replace(_SWARM, update=None), holds),
)
