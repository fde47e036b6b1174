"""Where the demo hall hears of public warnings: the simulated weather service, once as CAP and once as JSON."""

from sensors.models import WarningFeed
from sensors.simulator.warnings import addresses

NAMES = {
    WarningFeed.Form.CAP: "预警信息发布系统（CAP）",
    WarningFeed.Form.CN_JSON: "气象预警公共服务（JSON）",
}


def seed() -> None:
    """The two feeds at this run's addresses. What was fetched of an earlier run is no reason not to ask again."""
    urls = addresses()
    WarningFeed.objects.filter(form__in=urls, name__in=NAMES.values()).exclude(url__in=urls.values()).delete()
    for form, url in urls.items():
        WarningFeed.objects.update_or_create(
            url=url,
            defaults={"name": NAMES[form], "form": form, "interval_s": 5, "etag": "", "last_modified": "", "due_at": None},
        )  # fmt: skip
