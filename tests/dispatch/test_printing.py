"""The numbered order on paper: really rendered, its Chinese text in the text layer, markup as text, nothing fetched."""

import io
import re

import pytest
from pypdf import PdfReader

from command_center.core.models import User
from dispatch.models import WorkOrder
from dispatch.services import orders, printing, supervision
from tests.conftest import MIN, NOON


def read(body):
    assert body.startswith(b"%PDF-")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return re.sub(r"—\d+—", "", "".join(text.split()))  # without the page numbers


def test_the_paper_carries_every_field_of_the_customary_layout_in_its_text_layer(issue, liaison):
    order = issue(
        kind="supervision",
        facts="济南路与东二路交叉口积水42厘米",
        requirement="立即组织抽排，到场后回报",
        parts=["water"],
    )
    orders.move(order, "sign", by=liaison, at=NOON + 5 * MIN)
    orders.progress(order, "泵车已到场", by=liaison, at=NOON + 30 * MIN)
    orders.move(order, "feed_back", by=liaison, at=NOON + 60 * MIN, text="积水已排除，恢复通行")
    text = read(printing.pdf(WorkOrder.objects.get(pk=order.pk)))
    for words in (
        "督办单", "东区督〔2026〕1号", "排除积水", "济南路与东二路交叉口积水42厘米", "立即组织抽排，到场后回报", "特急",
        "承办单位housing", "协办单位water", "2026年7月1日16时00分", "签收人", "housingliaison", "2026年7月1日12时05分",
        "泵车已到场", "积水已排除，恢复通行", "核查意见", order.incident.number,
    ):  # fmt: skip
        assert words in text, words


def test_a_supervision_order_says_which_round_it_is_and_what_for(issue):
    order = issue()
    supervision.sweep(NOON + 300 * MIN)
    text = read(printing.pdf(WorkOrder.objects.get(kind="supervision")))
    assert "（第一次督办）" in text and order.number in text and "逾期" in text
    assert "签发人：系统自动" in text and "clock" not in text


def test_what_looks_like_markup_is_printed_as_text_and_nothing_is_fetched(issue):
    order = issue(
        subject="<b>粗</b>",
        facts='<img src="file:///etc/hostname"><script>1</script><a href="http://127.0.0.1/">链接</a>',
    )
    text = read(printing.pdf(order))
    assert "<b>粗</b>" in text and '<imgsrc="file:///etc/hostname">' in text and "<script>1</script>" in text
    with pytest.raises(ValueError, match="fetches nothing"):
        printing._refuse("file:///etc/hostname")


def test_a_long_text_runs_over_to_another_page_and_none_is_lost(issue):
    order = issue(facts="积水。" * 1200 + "完")
    body = printing.pdf(order)
    assert len(PdfReader(io.BytesIO(body)).pages) > 1
    text = read(body)
    assert text.count("积水。") == 1200 and "完" in text


def test_people_stand_on_paper_by_their_names(issue, liaison):
    User.objects.create_user(liaison.name, display_name="住建联络员")
    order = orders.move(issue(), "sign", by=liaison, at=NOON + 5 * MIN)
    assert "签收人住建联络员" in read(printing.pdf(order))
