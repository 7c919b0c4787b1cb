"""The stores of secrets."""
