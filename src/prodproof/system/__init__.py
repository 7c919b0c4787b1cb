"""The system file: its schema, loading with line-precise errors, discovery, and trust.

Nothing here opens a socket or runs a program.
"""
