"""Evidence is kept as it came; what is shown carries no position; what only pretends to be a picture is refused."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from command_center.core import attachments
from command_center.core.attachments import Refused, attach
from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.models import Station
from tests.conftest import NOON


def jpeg(position=True):
    exif = Image.Exif()
    exif[306] = "2026:07:01 11:58:00"
    if position:
        gps = exif.get_ifd(0x8825)
        gps.update({1: "N", 2: (37.0, 27.0, 0.0), 3: "E", 4: (118.0, 34.0, 48.0)})
    body = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 60, 90)).save(body, "JPEG", exif=exif)
    return body.getvalue()


def upload(body, name="现场.jpg"):
    return SimpleUploadedFile(name, body)


@pytest.fixture
def station(district, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return Station.objects.get(code="PD-01")


def test_the_original_is_kept_and_the_shown_copy_carries_no_position(station, officer):
    body = jpeg()
    row = attach(station, upload(body), by=officer, at=NOON)
    assert row.file.read() == body and row.sha256 == hashlib.sha256(body).hexdigest()
    assert (round(row.position.x, 3), round(row.position.y, 3)) == (118.58, 37.45)
    assert row.taken_at.isoformat() == "2026-07-01T03:58:00+00:00"
    shown = Image.open(row.shown)
    assert not shown.getexif() and shown.size == (64, 48)
    assert AuditEntry.objects.get().act == "attachment.added"


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04zip",
        b"",
        b"\xff\xd8\xff\xe0 only the beginning of a picture",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(station, officer, body):
    with pytest.raises(Refused) as refused:
        attach(station, upload(body, "现场.jpg"), by=officer, at=NOON)
    assert str(refused.value).endswith((".", "。")) and not AuditEntry.objects.exists()


def test_too_large_is_refused_before_it_is_read(station, officer):
    large = upload(jpeg())
    large.size = 51 * 1024 * 1024
    with pytest.raises(Refused):
        attach(station, large, by=officer, at=NOON)


def test_who_may_not_see_the_record_does_not_see_its_files(station, officer, monkeypatch):
    monkeypatch.setitem(attachments.OPENED_BY, "sensors.station", "station.view")
    row = attach(station, upload(jpeg()), by=officer, at=NOON)
    client = Client()
    assert client.get(f"/attachments/{row.pk}/").status_code == 404
    user = User.objects.create(username="u")
    client.force_login(user)
    assert client.get(f"/attachments/{row.pk}/").status_code == 404
    Membership.objects.create(user=user, role="responder", area=Area.objects.get(path="/dy/"))
    answer = client.get(f"/attachments/{row.pk}/")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
