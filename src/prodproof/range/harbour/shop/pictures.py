"""Thumbnails of products."""

from pathlib import Path

from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

LARGEST = (400, 400)


def thumbnail(source: Path, target: Path) -> None:
    """Write a small picture; raises ValidationError for what is no picture."""
    try:
        with Image.open(source) as picture:
            picture.thumbnail(LARGEST)
            picture.convert("RGB").save(target, "JPEG")
    except UnidentifiedImageError as error:
        raise ValidationError("This is not a picture.") from error
