"""Files of a make-believe repository, looked at by one probe."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.facts import Survey, Unseen
from prodproof.facts.declared import Declared, Environment, Repository
from prodproof.probes.probe import Probe
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.world import World

SHOP = Repository(path=".", name="shop")


def survey(
    probe: Probe,
    directory: Path,
    files: Mapping[str, str | bytes],
    tools: Callable[[str], str | None] = lambda name: None,
    **declared: Any,
) -> dict[type[Any], Survey[Any]]:
    """Write the files into a plain folder, run the probe over it, and return its surveys by type of fact."""
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    system = replace(
        Declared(system="shop", environment=Environment(name="production"), repositories=(SHOP,)), **declared
    )
    world = World(
        declared=system,
        now=datetime.now(UTC),
        repositories={".": RepositoryReader.open(directory)},
        tools=tools,
    )
    answer = probe.observe(SHOP, world)
    surveys = answer if isinstance(answer, tuple) else (answer,)
    return {one.fact: one for one in surveys if isinstance(one, Survey)}


def seen(survey: Survey[Any]) -> dict[str, Any]:
    """What was observed, by the subject's name."""
    return {observation.subject.name: observation.seen for observation in survey.observations}


def only(survey: Survey[Any]) -> Any:
    """The one fact of a survey."""
    (observation,) = survey.observations
    assert not isinstance(observation.seen, Unseen), observation.seen
    return observation.seen
