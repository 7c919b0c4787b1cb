"""A PostgreSQL that a drill makes for itself: private, without network, archiving, subscriptions and jobs."""
