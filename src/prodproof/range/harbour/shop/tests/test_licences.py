"""Uploads: pictures only, drawn anew, for their owner alone."""

import io
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shop import pictures
from shop.models import Licence
from shop.tests.support import ShopTestCase


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "navy").save(drawn, kind)
    return drawn.getvalue()


class Licences(ShopTestCase):
    """What is taken in, and what comes out."""

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.ana)

    def upload(self, name: str, content: bytes, kind: str = "image/png") -> int:
        self.client.post("/licences/", {"picture": SimpleUploadedFile(name, content, kind)})
        return Licence.objects.count()

    def test_refused(self) -> None:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        for name, content in (
            ("a.html", b"<script>alert(1)</script>"),
            ("a.png", b"<script>alert(1)</script>"),
            ("a.svg", svg),
            ("a.png", svg),
            ("a.gif", picture("GIF")),
            ("a.png", picture()[:60]),
            ("a.png", b""),
            ("a.png", picture() + b"\0" * pictures.MAX_BYTES),
        ):
            with self.subTest(name=name, start=content[:20]):
                self.assertEqual(self.upload(name, content), 0)

    def test_too_many_pixels(self) -> None:
        with patch.object(pictures, "MAX_PIXELS", 1_000):
            self.assertEqual(self.upload("a.png", picture()), 0)

    def test_only_pixels_are_kept(self) -> None:
        self.assertEqual(self.upload("../../etc/passwd.png", picture() + b"<script>alert(1)</script>"), 1)
        licence = Licence.objects.get()
        self.assertRegex(licence.picture.name, r"\Alicences/[0-9a-f]{32}\.jpg\Z")
        answer = self.client.get(f"/licences/{licence.pk}/")
        content = b"".join(answer.streaming_content)
        self.assertNotIn(b"script", content)
        self.assertEqual(Image.open(io.BytesIO(content)).format, "JPEG")
        self.assertEqual(answer.headers["Content-Disposition"], f'attachment; filename="licence-{licence.pk}.jpg"')
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_others_pictures_are_not_found(self) -> None:
        self.upload("a.png", picture())
        pk = Licence.objects.get().pk
        self.client.force_login(self.ben)
        self.assertEqual(self.client.get(f"/licences/{pk}/").status_code, 404)
        self.assertEqual(self.client.post(f"/licences/{pk}/delete/").status_code, 404)
        self.assertTrue(Licence.objects.exists())

    def test_deleted_with_its_file(self) -> None:
        self.upload("a.png", picture())
        licence = Licence.objects.get()
        self.client.post(f"/licences/{licence.pk}/delete/")
        self.assertFalse(licence.picture.storage.exists(licence.picture.name))
