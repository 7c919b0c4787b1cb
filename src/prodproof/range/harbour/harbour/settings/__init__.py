"""Settings, one module for each environment."""
