"""What cameras and their gateways say: playlists, SOAP answers, channels. Anything else is refused with a reason."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain import hls, media_gateways, onvif
from sensors.domain.camera_answers import CameraRefused, Preset, WantsPassword


def body(text: str) -> bytes:
    return onvif.envelope(text)


# --- HLS ---------------------------------------------------------------------------------------------------
MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=1920x1080,CODECS="avc1.4d401f,mp4a.40.2"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720
mid.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360
low.m3u8
"""


def test_the_narrowest_variant_that_is_wide_enough_is_followed():
    variants = hls.read(MASTER).variants
    assert [one.width for one in variants] == [1920, 1280, 640]
    assert hls.choose(variants).uri == "mid.m3u8"
    assert hls.choose(variants[2:]).uri == "low.m3u8"
    assert hls.choose(hls.read("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=x\na\n").variants).uri == "a"


def test_pieces_stand_in_their_order_with_the_head_that_they_need():
    text = '#EXTM3U\r\n#EXT-X-KEY:METHOD=NONE\r\n#EXT-X-MAP:URI="init.mp4"\r\n#EXTINF:2,\r\n1.m4s\r\n#EXTINF:2,\r\n2.m4s\r\n'
    assert [(one.uri, one.head) for one in hls.read(text).segments] == [
        ("1.m4s", "init.mp4"),
        ("2.m4s", "init.mp4"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "no HLS"), ("<html>", "no HLS"), ("#EXTM3U\n", "no picture yet"),
     ('#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:2,\n1.ts\n', "encrypted"),
     ("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:10@0\nall.ts\n", "cut out"),
     ('#EXTM3U\n#EXT-X-MAP:URI="a",BYTERANGE="9@0"\n#EXTINF:2,\nall.ts\n', "cut out")],
)  # fmt: skip
def test_a_playlist_that_cannot_be_followed_says_why(text, reason):
    with pytest.raises(hls.NotHls, match=reason):
        hls.read(text)


@given(st.text() | st.text().map(lambda text: f"#EXTM3U\n{text}"))
def test_any_text_is_a_playlist_or_is_refused(text):
    try:
        found = hls.read(text)
    except hls.NotHls:
        return
    assert found.variants or found.segments
    if found.variants:
        hls.choose(found.variants)


# --- ONVIF -------------------------------------------------------------------------------------------------
def test_a_password_is_digested_as_the_username_token_profile_says():
    """The example of the ONVIF Application Programmer's Guide, section 6.1.1.3."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert onvif.digest("userpassword", nonce, "2010-09-16T07:50:45Z") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="
    at = datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC)
    said = onvif.credentials("a<b", "userpassword", nonce, at)
    assert "tuOSpGlFlIXsozq4HFNeeGeFLEI=" in said and "a&lt;b" in said and "userpassword" not in said
    onvif.read(onvif.envelope("<x/>", said))


def test_of_the_addresses_that_a_camera_names_only_the_path_counts():
    text = "<Capabilities><Media><XAddr>http://10.9.9.9:8899/onvif/media</XAddr></Media><PTZ><XAddr>file:///etc</XAddr></PTZ></Capabilities>"
    assert onvif.services(onvif.read(body(text)))["media"] == "/onvif/media"
    uri = "<GetStreamUriResponse><MediaUri><Uri>rtsp://10.9.9.9:8554/a?x=1&amp;y=2</Uri></MediaUri></GetStreamUriResponse>"
    assert onvif.stream(onvif.read(body(uri))) == (8554, "/a?x=1&y=2")
    for wrong in ("http://10.9.9.9/a", "", "rtsp://[", "rtsp://h:99999/a", "rtsp://h/视频"):
        with pytest.raises(CameraRefused, match="names no stream"):
            onvif.stream(onvif.read(body(f"<Uri>{wrong}</Uri>")))


def test_the_chosen_picture_is_the_one_named_or_the_narrowest_that_is_wide_enough():
    rows = "".join(
        f'<Profiles token="p{width}"><Name>n{width}</Name><VideoEncoderConfiguration><Resolution><Width>{width}</Width>'
        f"<Height>9</Height></Resolution></VideoEncoderConfiguration></Profiles>"
        for width in (3840, 1280, 640)
    )
    found = onvif.profiles(onvif.read(body(rows)))
    assert onvif.choose(found).token == "p1280"
    assert onvif.choose(found, "n640").token == onvif.choose(found, "p640").token == "p640"
    assert onvif.choose(found[2:]).token == "p640"
    with pytest.raises(CameraRefused, match="no such profile"):
        onvif.choose(found, "x")


def test_a_fault_is_refused_and_one_about_the_password_is_told_apart():
    fault = "<Fault><Code><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code></Fault>"
    with pytest.raises(WantsPassword):
        onvif.read(body(fault))
    with pytest.raises(CameraRefused, match="Optional Action"):
        onvif.read(body("<Fault><Reason><Text>Optional Action Not Implemented</Text></Reason></Fault>"))


@given(
    st.binary()
    | st.text().map(lambda text: body(text))
    | st.sampled_from([b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a/>", b"<Envelope><Body/></Envelope>"])
)
def test_any_octets_are_an_answer_or_are_refused(octets):
    onvif.match(octets)
    try:
        found = onvif.read(octets)
    except CameraRefused:
        return
    (
        onvif.clock(found),
        onvif.services(found),
        onvif.profiles(found),
        onvif.presets(found),
        onvif.information(found),
    )


def test_a_probes_answer_names_the_services_and_the_camera():
    text = (
        "<ProbeMatches><ProbeMatch><EndpointReference><Address>urn:uuid:1</Address></EndpointReference>"
        "<Scopes>onvif://www.onvif.org/name/%E8%B7%AF%E5%8F%A3 onvif://www.onvif.org/hardware/DS-2 odd</Scopes>"
        "<XAddrs>http://[fe80::1]/onvif/device_service http://10.1.1.1:8080/onvif/device_service ftp://x/ http://10.1.1.1:x/</XAddrs>"
        "</ProbeMatch></ProbeMatches>"
    )
    found = onvif.match(body(text))
    assert found.services == ((80, "/onvif/device_service"), (8080, "/onvif/device_service"))
    assert (found.name, found.hardware) == ("路口", "DS-2")
    assert onvif.match(onvif.probe("urn:uuid:2")) is None


# --- media gateways ----------------------------------------------------------------------------------------
CAMERA = "37050200001320000001"
WORDS = ("code", "data", "msg", "list", "total", "deviceId", "name", "longitude", "latitude", "app", "stream", "hls", "url",
         "presetId", "presetName")  # fmt: skip


def test_channels_of_both_versions_are_cameras_and_what_stands_beside_them_is_none():
    channel = media_gateways.wvp_channel
    new = channel(
        "D1", {"deviceId": CAMERA, "name": "路口", "longitude": 118.5, "latitude": 37.4, "status": "ON"}
    )
    assert (new.path, new.lon, new.lat) == (f"/D1/{CAMERA}", 118.5, 37.4)
    old = channel(
        "D1", {"channelId": CAMERA, "deviceId": "D1", "longitude": 0.0, "latitude": 0.0, "status": False}
    )
    assert (old.path, old.name, old.lon) == (f"/D1/{CAMERA}", CAMERA, None)
    assert channel("D1", {"deviceId": "370502"}) is None
    assert channel("D1", {"deviceId": "37050200001340000001"}) is None, "an alarm input"


def test_a_gateways_words_for_no():
    assert media_gateways.wvp_data({"code": 0, "data": [1]}) == [1]
    for document in ({"code": 401}, {"code": 401, "msg": "请登录"}):
        with pytest.raises(WantsPassword):
            media_gateways.wvp_data(document)
    with pytest.raises(WantsPassword):
        media_gateways.zlm_data({"code": -100, "msg": "Incorrect secret"})
    for wrong in (None, [], {"data": 1}, {"code": 100, "msg": "超时"}):
        with pytest.raises(CameraRefused):
            media_gateways.wvp_data(wrong)


def test_streams_and_views_are_read_and_what_is_no_address_is_left_out():
    told = {
        "rtsp": None,
        "hls": {"url": "http://g/a.m3u8"},
        "flv": "http://g/a b",
        "https_flv": "https://g/a.flv",
    }
    assert media_gateways.wvp_streams(told) == {
        "rtsp": [],
        "hls": ["http://g/a.m3u8"],
        "flv": ["https://g/a.flv"],
    }
    rows = [{"presetId": "1", "presetName": ""}, {"presetId": 1256}, {"presetId": "x"}, None]
    assert media_gateways.wvp_presets(rows) == [Preset("1", "1")]
    assert media_gateways.zlm_streams("::1", 80, "/live/a")["hls"] == ["http://[::1]:80/live/a/hls.m3u8"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_document_is_read_or_refused(document):
    for read in (
        lambda: media_gateways.page_of(media_gateways.wvp_data(document)),
        lambda: media_gateways.wvp_streams(document),
        lambda: media_gateways.wvp_presets(document),
        lambda: media_gateways.zlm_channels(media_gateways.zlm_data(document)),
        lambda: media_gateways.wvp_channel("D1", document if isinstance(document, dict) else {}),
    ):
        try:
            read()
        except CameraRefused:
            pass


@pytest.mark.parametrize("path", ["", "/a", "/a/b/c", "/../b", "/a/..", "/a/b?c", "/a b/c", "/a/b\r\n"])
def test_a_path_that_names_no_channel_is_refused(path):
    with pytest.raises(CameraRefused):
        media_gateways.named(path)
    assert media_gateways.named("/live/cm-1") == ("live", "cm-1")
