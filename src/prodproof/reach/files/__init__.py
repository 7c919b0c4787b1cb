"""Configuration formats, read with the line of everything."""
