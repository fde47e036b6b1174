"""Topics with the place of the device in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.onboarding import TOO_LONG, TOPIC_FORM, YES_OR_NO, Kind, check
from sensors.domain.topics import address_in, subscription, wrong
from sensors.simulator.broker import fits

LEVEL = st.text(st.characters(exclude_characters="/+#{}$\x00", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Cn", "Co")), min_size=1, max_size=6)  # fmt: skip


@pytest.mark.parametrize(
    ("template", "filter_", "topic", "address"),
    [
        ("drainage/{address}/up", "drainage/+/up", "drainage/PD-61/up", "PD-61"),
        ("drainage/{address}/up", "drainage/+/up", "drainage/PD-61/down", None),
        ("drainage/{address}/up", "drainage/+/up", "drainage/a/b/up", None),
        ("{address}", "+", "PD-61", "PD-61"),
        ("v1/dev-{address}/#", "v1/+/#", "v1/dev-7/a/b", "7"),
        ("v1/dev-{address}/#", "v1/+/#", "v1/dev-7", "7"),
        ("v1/dev-{address}/#", "v1/+/#", "v1/box-7/a", None),
        ("a/+/{address}", "a/+/+", "a//x", "x"),
        ("gateways/7", "gateways/7", "gateways/7", ""),
        ("gateways/7", "gateways/7", "gateways/70", None),
        ("a.b/+", "a.b/+", "axb/1", None),
    ],
)
def test_a_topic_says_which_device_speaks(template, filter_, topic, address):
    assert not wrong(template)
    assert subscription(template) == filter_
    assert address_in(template, topic) == address


@pytest.mark.parametrize(
    "template",
    ["", "/", "#", "#/a", "a/#/b", "a/b#", "a+/b", "{address}/{address}", "$SYS/x", "a\nb", "a" * 301],
)
def test_what_mqtt_does_not_allow_or_says_nothing_of_devices_is_no_topic(template):
    assert wrong(template)


@given(st.lists(LEVEL, max_size=3), LEVEL, st.lists(LEVEL, max_size=3))
def test_the_broker_sends_every_device_that_the_topic_means_and_the_device_is_found(before, device, after):
    template = "/".join([*before, "{address}", *after])
    topic = template.replace("{address}", device)
    assert fits(subscription(template), topic)
    assert address_in(template, topic) == device


BOX = Kind("box", "mqtt", {"host": str, "port": int, "topic": str, "tls": bool, "points": list}, 300,
           {"port": 1883, "topic": "drainage/{address}/up", "tls": False}, {})  # fmt: skip
GIVEN = {
    "code": "PD-90",
    "type": "box",
    "name": "积水点",
    "longitude": "118.5",
    "latitude": "37.5",
    "host": "10.20.1.9",
}


def test_a_device_behind_a_broker_takes_topic_and_tls_from_its_type():
    draft, problems = check(GIVEN, BOX)
    assert not problems and draft.address == "PD-90"
    assert draft.config == {"host": "10.20.1.9", "port": 1883, "topic": "drainage/{address}/up", "tls": False}
    draft, _ = check(GIVEN | {"tls": "是", "topic": "a/b"}, BOX)
    assert draft.config["tls"] is True and draft.config["topic"] == "a/b"


@pytest.mark.parametrize(
    ("given", "text"),
    [({"topic": "a/#/b"}, TOPIC_FORM), ({"tls": "perhaps"}, YES_OR_NO), ({"topic": "a" * 301}, TOO_LONG)],
)
def test_what_is_wrong_with_topic_or_tls_is_said_of_its_field(given, text):
    [field] = given
    assert (field, text) in {(problem.field, problem.text) for problem in check(GIVEN | given, BOX)[1]}
