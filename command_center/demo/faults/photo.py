"""Pictures as a phone's camera writes them, for whoever plays a department."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image

_LOCAL = ZoneInfo("Asia/Shanghai")  # cameras write local time, without an offset


def jpeg(at: datetime, place: tuple[float, float], colour: tuple[int, int, int] = (80, 120, 90)) -> bytes:
    """A JPEG taken ``at`` (aware; to the second) at ``place`` (lon, lat)."""
    image, exif, out = Image.new("RGB", (320, 240), colour), Image.Exif(), io.BytesIO()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = at.astimezone(_LOCAL).strftime(
        "%Y:%m:%d %H:%M:%S"
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: _dms(place[1]),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: _dms(place[0]),
        }
    )
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def _dms(degrees: float) -> tuple[float, float, float]:
    minutes = degrees % 1 * 60
    return int(degrees), int(minutes), minutes % 1 * 60
