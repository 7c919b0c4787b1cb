"""prodproof: proves that a production system is ready, and stays ready."""

__version__ = "0.1.0"
