"""The screens speak the hall's language unless the reader chose another: a browser's own setting chooses nothing."""

from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class HallLanguageMiddleware(LocaleMiddleware):
    """Like Django's, without Accept-Language: a wall's computer may have been installed in any language."""

    def process_request(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        known = {code for code, _ in settings.LANGUAGES}
        translation.activate(chosen if chosen in known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
