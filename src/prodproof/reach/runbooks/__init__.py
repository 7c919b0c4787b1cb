"""Runbooks: what they say, and whether what they name is there. Nothing of them is run here."""
