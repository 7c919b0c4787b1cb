"""Thumbnails of products."""

from pathlib import Path

from PIL import Image

LARGEST = (400, 400)


def thumbnail(source: Path, target: Path) -> None:
    """Write a small picture; what is no picture raises PIL.UnidentifiedImageError."""
    with Image.open(source) as picture:
        picture.thumbnail(LARGEST)
        picture.convert("RGB").save(target, "JPEG")
