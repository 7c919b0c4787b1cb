"""A Vault for the range: what its public HTTP API documentation says, kept in memory. `../vault.py` serves it.

No line of it is Vault's. It is made to be read from and to be set up wrongly, not to keep anything safe.
"""
