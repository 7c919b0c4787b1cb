"""What credentials can do, read from the services that take them."""
