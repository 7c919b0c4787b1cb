"""The shop as a Django project: settings, routes, and what the server starts."""
