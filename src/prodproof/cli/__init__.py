"""Thin commands, each imported only when it is asked for; the one clock reading of a run is taken here."""
