"""The object store that `servers/object_store.py` serves."""
