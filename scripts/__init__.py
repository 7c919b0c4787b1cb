"""Scripts of the project: set-up, checks, and the pages that are generated."""
