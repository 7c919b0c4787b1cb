"""Mutation testing of the judges: small wrong changes, each of which some example, test or recording must notice.

`python -m scripts.mutate` runs it, `docs/mutation.md` shows the result. Ready-made tools did not fit: mutmut 3 and
cosmic-ray start pytest for every mutant, cosmic-ray writes mutants into the work tree, and neither can tell a message
that only people read from a string that decides.
"""
