"""Wrong settings are start-up errors, not midnight surprises."""

from django.conf import settings
from django.core.checks import Error, Warning, register


@register()
def npm_assets_are_there(app_configs, **kwargs):
    from .vendor import VENDOR

    missing = [
        source for source in VENDOR.values() if not (settings.BASE_DIR / "node_modules" / source).exists()
    ]
    if missing:
        return [
            Warning(
                f"npm assets are missing ({missing[0]} …)",
                hint="run npm ci",
                id="core.W001",
            )
        ]
    return []


@register(deploy=True)
def the_clock_is_real(app_configs, **kwargs):
    if settings.OURS["demo_clock_allowed"]:
        return [
            Error(
                "the demo clock is allowed",
                hint="use command_center.settings.production",
                id="core.E001",
            )
        ]
    return []
