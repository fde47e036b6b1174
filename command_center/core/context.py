"""What every template knows: the language, the hall's clock, whether this is the sped-up demo."""

from django.conf import settings

from .middleware import language_of
from .now import now, rate


def hall(request):
    return {
        "language": language_of(request),
        "hall": {"now": now, "rate": rate, "tianditu": bool(settings.TIANDITU_KEY)},
    }
