"""What a repository shows of its system: one file for each kind of thing, pure functions over its tree.

Each module has `find(tree)`, which yields what it saw and where. Nothing found here is contacted or run: it is
proposed to a person.
"""
