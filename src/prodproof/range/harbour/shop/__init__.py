"""The shop: products, orders, payments."""
