"""What a posture scanner found in each cloud account that is declared, or that infrastructure files use."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, Service
from prodproof.facts.posture import SCANNED, Cloud, PostureResults, cloud_of
from prodproof.probes._clouds import clouds
from prodproof.probes.probe import probe
from prodproof.reach.scanners.prowler import read_scan
from prodproof.reach.world import World

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the run's clock the scanner's may be."""

NOT_NAMED = (
    'no posture results are named for it: posture = "posture/{cloud}.ocsf.json" in its [[service]], '
    "written by prowler {cloud} --output-formats json-ocsf"
)


@probe(PostureResults, per=Declared, proof=Proof.INSIDE, time_limit=180)
def observe(declared: Declared, world: World) -> Survey[PostureResults]:
    """One observation for each declared account, dated by its scan, and for each cloud that has none."""
    used: dict[Cloud, str] = {}
    gaps: list[Unseen] = []
    for repository in declared.repositories:
        reader = world.repositories[repository.path]
        if isinstance(reader, Unseen):
            gaps.append(reader)
        else:
            used = {**clouds(reader), **used}
    accounts = [(service, cloud) for service in declared.services if (cloud := cloud_of(service.kind))]
    seen = [_account(service, cloud, used.get(cloud, ""), world) for service, cloud in accounts]
    for cloud in sorted(set(used) - {cloud for _, cloud in accounts}):
        detail = f"{used[cloud]} makes things in an account that no [[service]] declares; {_wanted(cloud)}"
        seen.append(world.inside(Subject("cloud", cloud), Unseen(_reason(cloud), detail)))
    return Survey(PostureResults, tuple(seen), tuple(gaps))


def _account(service: Service, cloud: Cloud, described_in: str, world: World) -> Observation[PostureResults]:
    subject = service.subject
    if cloud not in SCANNED or not service.posture or world.declared.root is None:
        return world.inside(subject, Unseen(_reason(cloud), _wanted(cloud)))
    if not service.account:
        return world.inside(subject, Unseen(Reason.NOT_DECLARED, "say which one it is: account, with its id"))
    world.progress(f"posture results of {service.name}")
    scan = read_scan(Path(world.declared.root) / service.posture, cloud, service.account)
    if isinstance(scan, Unseen):
        return world.inside(subject, scan)
    if scan.last > world.now + CLOCK_SKEW:
        future = f"results dated {scan.last:%Y-%m-%d %H:%M} UTC are of the future: a clock is wrong"
        return world.inside(subject, Unseen(Reason.INCOMPLETE, future))
    results = replace(scan.results, described_in=described_in)
    return Observation(subject, results, scan.first, "inside", Proof.INSIDE)


def _reason(cloud: Cloud) -> Reason:
    return Reason.NOT_CONFIGURED if cloud in SCANNED else Reason.NOT_VERIFIABLE_YET


def _wanted(cloud: Cloud) -> str:
    if cloud in SCANNED:
        return NOT_NAMED.format(cloud=cloud)
    return f"this version reads posture results of {', '.join(sorted(SCANNED))}, not of {cloud}"
