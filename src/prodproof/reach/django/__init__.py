"""A Django application, asked in its own interpreter."""
