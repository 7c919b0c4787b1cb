"""What can be observed and what is declared: frozen types without behaviour.

Every other room speaks in these types. Nothing here reads a file, a socket, a clock or the environment.
"""

from prodproof.facts.location import Location
from prodproof.facts.observation import Observation, Survey, lost
from prodproof.facts.proof import Proof, proof_floor
from prodproof.facts.reason import Reason
from prodproof.facts.subject import Subject
from prodproof.facts.unseen import Unseen

__all__ = ["Location", "Observation", "Proof", "Reason", "Subject", "Survey", "Unseen", "lost", "proof_floor"]
