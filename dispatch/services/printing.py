"""The order on paper: the customary layout of a supervision order (handbook 8.4), as a page and as PDF.

The paper is in Chinese whatever language the screens speak. Whatever people wrote is shown as text.
"""

from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import localtime

from command_center.core.parameters import value
from command_center.core.people import name_of

from ..domain.clocks import FINISH
from ..domain.lifecycle import CLOSED, VERIFIED
from ..models import WorkOrder
from ..words import SOURCES, URGENCIES, sentence
from .timeline import of_order

TEMPLATE = "print/supervision_order.html"
AUTOMATIC = "系统自动"


def page(order: WorkOrder) -> str:
    """The order as HTML that stands by itself: no link, no script, no picture from anywhere."""
    with translation.override("zh-hans"):
        return render_to_string(TEMPLATE, _context(order))


def pdf(order: WorkOrder) -> bytes:
    """The page as PDF with a text layer. Nothing is fetched while it is made."""
    from weasyprint import HTML  # loads Pango: only the processes that print pay for it

    return HTML(string=page(order), url_fetcher=_refuse).write_pdf()


def _refuse(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError(f"a print fetches nothing: {url}")


def _context(order: WorkOrder) -> dict[str, Any]:
    timeline = of_order(order)
    finish = order.clocks.filter(kind=FINISH).first()
    progress = [one for one in timeline if one.kind in ("order.progress", "order.arrived", "order.handle")]
    return {
        "order": order,
        "issued_by": named(order.issued_by),
        "signed_by": named(order.signed_by),
        "fed_back_by": named(order.fed_back_by),
        "verified_by": named(order.verified_by),
        "issuer": value("order.issuer"),
        "title": "督办单" if order.kind == WorkOrder.Kind.SUPERVISION else "工作任务单",
        "round": "一二三四五六七八九"[order.round - 1] if 0 < order.round < 10 else "",
        "urgency": translation.gettext(URGENCIES[order.urgency]),
        "source": translation.gettext(SOURCES[order.source]) if order.source in SOURCES else order.source,
        "parts": [one.department.name for one in order.parts.select_related("department").order_by("number")],
        "due_at": day(finish.due_at) if finish else "",
        "issued_at": day(order.issued_at),
        "issued_on": day(order.issued_at).partition("日")[0] + "日",
        "signed_at": day(order.signed_at),
        "fed_back_at": day(order.fed_back_at),
        "verified_at": day(order.verified_at),
        "accepted": order.state in (VERIFIED, CLOSED),
        "progress": [{"at": day(one.at), "who": named(one.who), "text": one.text} for one in progress],
        "evidence": [
            {
                "tag": "处置前" if one.tag == "before" else "处置后",
                "name": one.attachment.name,
                "problems": [sentence(said) for said in one.problems],
                "accepted": one.accepted_reason,
            }
            for one in order.evidence.select_related("attachment")
        ],
    }


def named(login: str) -> str:
    """What somebody is called on paper; a unit's device keeps its name, and clocks are the system."""
    return AUTOMATIC if login.startswith(("clock:", "feed:")) else name_of(login)


def day(at: datetime | None) -> str:
    """2026年7月1日12时05分; no leading zeros in the date, as official papers have it."""
    if at is None:
        return ""
    here = localtime(at)
    return f"{here.year}年{here.month}月{here.day}日{here.hour}时{here:%M}分"
