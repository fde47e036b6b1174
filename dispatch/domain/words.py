"""Sentences that rules speak, as data: English msgids, translated where they are shown."""

from typing import Any


def gettext_noop(text: str) -> str:
    """Mark ``text`` for the catalogues. The domain itself never translates."""
    return text


def said(text: str, **params: Any) -> dict[str, Any]:
    """A sentence as data: ``text`` is a msgid, the others its named values."""
    return {"text": text, **params}
