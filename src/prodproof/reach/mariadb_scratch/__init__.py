"""A MariaDB of the restore drill's own, and the client that asks it and the source."""
