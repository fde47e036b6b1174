"""Files as evidence: the original is kept under its hash, what is shown is a cleaned copy.

The content decides what a file is, never its name. Pictures are re-encoded without metadata; the position and
time a camera wrote into them are kept apart. SVG, HTML and archives are refused.
"""

import hashlib
import io
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from PIL import ExifTags, Image, UnidentifiedImageError

from .acts import record_act
from .models import Attachment
from .parameters import parameter, value

MOST_MB = parameter(
    "attachment.most_mb",
    50,
    "MB",
    "A minute of phone video; larger evidence comes as a link",
    "Largest attachment",
)
MOST_PIXELS = 40_000_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

# Which right opens an attachment, by the kind of record it belongs to; apps add theirs.
OPENED_BY: dict[str, str] = {}


class Refused(ValueError):
    """The file cannot be taken; the text says why, in the words of the person who sent it."""


def kind_of(head: bytes) -> str:
    """The content type that the first bytes speak of. Raises Refused for what is not taken."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    raise Refused(_("This file is none of JPEG, PNG, WebP, PDF or MP4."))


def attach(subject, upload, *, by, at) -> Attachment:
    """Keep ``upload`` (a Django file) as evidence of ``subject``. Raises Refused with the reason."""
    most = value(MOST_MB.name)
    if upload.size > most * 1024 * 1024:
        raise Refused(_("The file is larger than %(most)d MB.") % {"most": most})
    body = upload.read()
    kind = kind_of(body[:16])
    shown, taken_at, position = _clean(body) if kind.startswith("image/") else (None, None, None)
    digest = hashlib.sha256(body).hexdigest()
    row = Attachment(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk), name=upload.name[:200],
        content_type=kind, size=len(body), sha256=digest, taken_at=taken_at, position=position, added_at=at,
        added_by=by.name, area_path=getattr(subject, "area_path", "/"),
        department_id=getattr(subject, "department_id", None),
    )  # fmt: skip
    with transaction.atomic():
        row.file.save(digest, ContentFile(body), save=False)
        if shown:
            row.shown.save(f"{digest}.jpg", ContentFile(shown), save=False)
        row.save()
        record_act("attachment.added", subject, by=by, at=at, after=str(row.pk), sha256=digest, name=row.name)
    return row


def _clean(body: bytes):
    """A copy without metadata, as JPEG, and the time and place that the metadata held."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(body), formats=list(PICTURES)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(_("The picture has too many pixels."))
            exif = picture.getexif()
            turned = {3: 180, 6: 270, 8: 90}.get(exif.get(ExifTags.Base.Orientation), 0)
            plain = picture.convert("RGB").rotate(turned, expand=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(_("The picture cannot be read.")) from error
    copy = io.BytesIO()
    plain.save(copy, "JPEG", quality=88)
    return copy.getvalue(), _taken_at(exif), _position(exif)


def _taken_at(exif):
    """The camera's own time; without an offset it is taken as Beijing time."""
    from zoneinfo import ZoneInfo

    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    try:
        naive = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")
        return naive.replace(tzinfo=ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
    except ValueError:
        return None


def _position(exif):
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat, lon = (
            sign * sum(float(part) / 60**power for power, part in enumerate(place[tag]))
            for tag, sign in (
                (ExifTags.GPS.GPSLatitude, -1 if place.get(ExifTags.GPS.GPSLatitudeRef) == "S" else 1),
                (ExifTags.GPS.GPSLongitude, -1 if place.get(ExifTags.GPS.GPSLongitudeRef) == "W" else 1),
            )
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return Point(lon, lat, srid=4326) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


@require_GET
def show(request, pk):
    """The file as it is shown: pictures cleaned, everything else as a download. 404 where it may not be seen."""
    row = Attachment.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    action = OPENED_BY.get(row.subject_type)
    try:
        if action is None:
            raise PermissionDenied
        request.viewer.require(action, row)
    except PermissionDenied as error:
        raise Http404 from error
    picture = bool(row.shown)
    response = FileResponse(
        (row.shown if picture else row.file).open("rb"),
        content_type="image/jpeg" if picture else row.content_type,
        as_attachment=not picture,
        filename=row.name,
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
