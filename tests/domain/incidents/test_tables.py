"""The table of an incident's life, the catalogue of kinds, and what is hidden of a caller."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from command_center.core.masking import masked_name, masked_phone
from incidents.domain import lifecycle
from incidents.domain.classes import ACCIDENT, HEALTH, KINDS, NATURAL, SOCIAL
from incidents.domain.lifecycle import INCIDENT, UNMERGE


def test_the_table_is_sound_and_ends_only_where_nothing_is_left_open(monkeypatch):
    assert INCIDENT.problems() == []
    monkeypatch.setattr(lifecycle, "CLOSING_GUARDS", [lambda one: "", lambda one: "2 orders are open"])
    ending = [m for m in INCIDENT.moves if m.target in INCIDENT.final]
    assert {m.name for m in ending} == {"dismiss", "close", "merge"}
    assert [m.guard(SimpleNamespace()) for m in ending] == ["2 orders are open"] * 3


def test_every_state_that_can_be_merged_can_be_given_back():
    assert {m.target for m in INCIDENT.leaving("merged")} == set(UNMERGE)
    assert set(UNMERGE) == INCIDENT["merge"].sources


def test_the_catalogue_names_each_kind_once_in_four_classes():
    slugs = [kind.slug for kind in KINDS]
    assert len(set(slugs)) == len(slugs)
    assert {kind.category for kind in KINDS} == {NATURAL, ACCIDENT, HEALTH, SOCIAL}
    prefix = {NATURAL: "11", ACCIDENT: "12", HEALTH: "13", SOCIAL: "14"}
    letter = {NATURAL: "A1", ACCIDENT: "A2", HEALTH: "A3", SOCIAL: "A4"}
    for kind in KINDS:
        assert kind.national_code.startswith(prefix[kind.category]), kind.slug
        assert not kind.symbol or kind.symbol.startswith(letter[kind.category]), kind.slug
    rules = [rule for kind in KINDS for rule in kind.rules]
    assert len(set(rules)) == len(rules), "an alarm belongs to one kind"
    ponding = next(kind for kind in KINDS if kind.slug == "ponding")
    assert (ponding.symbol, ponding.national_code) == ("A10100", "11A02")


@given(st.text("0123456789", min_size=11, max_size=15), st.text("一二三四五", min_size=1, max_size=4))
def test_of_a_caller_only_the_ends_of_the_number_and_the_family_name_are_told(phone, name):
    assert masked_phone(phone) == phone[:3] + "****" + phone[-4:]
    assert masked_name(name) == name[0] + "*" * (len(name) - 1)


def test_a_short_number_is_hidden_whole():
    assert masked_phone("8212345") == "*******"
    assert (masked_phone(""), masked_name("")) == ("", "")
