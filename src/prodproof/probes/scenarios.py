"""Which ways of losing each data store somebody has thought of."""

from prodproof.facts import Proof, Survey
from prodproof.facts.declared import DataStore
from prodproof.facts.scenarios import DeclaredScenario, ScenariosDeclared
from prodproof.probes.probe import probe
from prodproof.reach.world import World


@probe(ScenariosDeclared, per=DataStore, proof=Proof.INSIDE)
def observe(store: DataStore, world: World) -> Survey[ScenariosDeclared]:
    """One observation for each declared data store."""
    scenarios = tuple(
        DeclaredScenario(name=item.name, kind=item.kind, rto=item.rto, rpo=item.rpo, runbook=item.runbook)
        for item in store.scenarios
    )
    return Survey(
        ScenariosDeclared, (world.inside(store.subject, ScenariosDeclared(kind=store.kind, scenarios=scenarios)),)
    )
