"""TCP ports: which are open, and what speaks there."""
