"""Pictures that customers send: only pixels are kept."""

import io
import secrets
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
LARGEST_SIDE = 2_000
FORMATS = ("JPEG", "PNG")


def clean_picture(upload: UploadedFile) -> ContentFile:
    """The same picture, drawn anew as JPEG: whatever else the file held (a script, a place, another file) is gone.

    Raises ValidationError for what is too large, or no JPEG or PNG picture, whatever its name says.
    """
    if upload.size is None or upload.size > MAX_BYTES:
        raise ValidationError("The file is larger than 5 MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise ValidationError("The picture has more than 25 million pixels.")
                picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
                drawn = io.BytesIO()
                picture.convert("RGB").save(drawn, "JPEG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This is not a JPEG or PNG picture.") from error
    return ContentFile(drawn.getvalue(), name="picture.jpg")


def random_name(instance: object, filename: str) -> str:
    """Where a picture is stored: nothing of the sender's file name, and nothing to guess."""
    return f"licences/{secrets.token_hex(16)}.jpg"
