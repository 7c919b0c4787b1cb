"""Places that can be read: each module has one kind of source."""
