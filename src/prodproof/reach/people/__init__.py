"""People as rows, and the log of those who were erased."""
