"""`{% importmap "wall" %}`: bare module names to the file names that static files have in production."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

register = template.Library()

APP = Path(settings.BASE_DIR) / "static" / "app"
PAGES = (
    "wall",
    "desk",
    "station",
    "orders",
    "order",
    "issue",
    "tasks",
    "devices",
    "journey",
    "places",
    "video",
)
PLAIN = ("app/theme", "app/pairing", "app/camera_group")  # scripts that no module imports
LIBRARIES = {
    "lit-html": "vendor/lit-html/lit-html.js",
    "lit-html/repeat": "vendor/lit-html/directives/repeat.js",
    "echarts": "vendor/echarts.js",
    "hls": "vendor/hls.js",
}
# Files that a library asks for by relative address: the map leads those to the hashed copy too, so that a library is
# never loaded twice under two names.
BESIDE = (
    "vendor/lit-html/lit-html.js",
    "vendor/lit-html/directive.js",
    "vendor/lit-html/directive-helpers.js",
)


def pins() -> dict[str, str]:
    """Every module of ours by its bare name ("app/store") and the libraries, as static paths."""
    ours = {
        f"app/{file.relative_to(APP).with_suffix('').as_posix()}": f"app/{file.relative_to(APP).as_posix()}"
        for file in sorted(APP.rglob("*.js"))
    }
    ours = {name: path for name, path in ours.items() if name not in PLAIN}
    return ours | LIBRARIES


def _addresses() -> dict[str, str]:
    addresses = {name: static(path) for name, path in pins().items()}
    plain = {settings.STATIC_URL + path: static(path) for path in BESIDE}
    return addresses | {before: after for before, after in plain.items() if before != after}


_kept = cache(_addresses)


@register.simple_tag(takes_context=True)
def importmap(context, page=""):
    """The import map, and preload links for the modules this page uses (``page``: one of PAGES or none)."""
    addresses = _addresses() if settings.DEBUG else _kept()
    table = json.dumps({"imports": addresses}).replace("<", "\\u003c")
    others = tuple(f"app/{name}/" for name in PAGES if name != page)
    wanted = [
        address
        for name, address in addresses.items()
        if name.startswith("app/") and not name.startswith(others)
    ]
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((a,) for a in wanted if page))
    nonce = getattr(context.get("request"), "csp_nonce", "")
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>\n{}',
        str(nonce),
        mark_safe(table),
        links,
    )
