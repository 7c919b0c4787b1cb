"""Stores of backups: what can be restored from them, whether it is whole, and the restore itself."""
