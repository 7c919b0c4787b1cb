"""The stores that secrets lie in: one interface, one file for each kind."""
