"""Third-party browser code: served from the npm lock's node_modules, an explicit list, never committed."""

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

VENDOR = {
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",  # replaces the older one inside django-leaflet
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "vendor/leaflet-geoman.js": "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.min.js",
    "vendor/leaflet-geoman.css": "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.css",
    "vendor/protomaps-leaflet.js": "protomaps-leaflet/dist/protomaps-leaflet.js",
    "vendor/echarts.js": "echarts/dist/echarts.esm.min.js",
    "vendor/lit-html/lit-html.js": "lit-html/lit-html.js",
    "vendor/lit-html/directive.js": "lit-html/directive.js",
    "vendor/lit-html/directive-helpers.js": "lit-html/directive-helpers.js",
    "vendor/lit-html/directives/repeat.js": "lit-html/directives/repeat.js",
    "vendor/hls.js": "hls.js/dist/hls.light.min.mjs",
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
}


class VendorFinder(BaseFinder):
    storage = FileSystemStorage(location=settings.BASE_DIR / "node_modules")

    def check(self, **kwargs):
        return []

    def find(self, path, find_all=False, **kwargs):
        source = VENDOR.get(path)
        if source is None or not self.storage.exists(source):
            return []
        found = self.storage.path(source)
        return [found] if find_all else found

    def list(self, ignore_patterns):
        for path, source in VENDOR.items():
            if self.storage.exists(source):
                yield path, _Renamed(self.storage, source)


class _Renamed:
    """A storage view in which one file of node_modules goes by our name for it."""

    prefix = ""

    def __init__(self, storage, source):
        self.storage, self.source = storage, source

    def open(self, path, mode="rb"):
        return self.storage.open(self.source, mode)

    def path(self, path):
        return self.storage.path(self.source)

    def get_modified_time(self, path):
        return self.storage.get_modified_time(self.source)


def _without_source_maps(patterns):
    """Vendor files name source maps that are not served; following them would fail the collection."""
    kept = []
    for glob, rules in patterns:
        rules = tuple(r for r in rules if "sourceMappingURL" not in (r[0] if isinstance(r, tuple) else r))
        kept.append((glob, rules))
    return tuple(kept)


class HashedStorage(CompressedManifestStaticFilesStorage):
    patterns = _without_source_maps(HashedFilesMixin.patterns)
