"""How a message leaves the house: by HTTP to the provider that the settings name for its channel.

The shape most gateways understand or are a few lines away from::

    POST <address>            Authorization: Bearer <token>     Idempotency-Key: <id>
    {"id": "<id>", "channel": "sms" | "phone", "to": "<number>", "name": "<who>", "text": "<words>"}

Any 2xx means taken; its JSON may say {"id": "<the provider's own number>"}. A telephone provider speaks the text. The
same id is the same message: a provider that has taken it answers as before and sends nothing a second time.
"""

from urllib.parse import urlsplit

import httpx
from django.conf import settings

SMS, PHONE = "sms", "phone"
CHANNELS = (SMS, PHONE)
TIMEOUT_S = 5.0
_LATER = {408, 425, 429}


class NotTaken(Exception):
    """The provider did not take it; ``again``: it may be tried again. The text says why."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


def address(channel: str) -> str:
    """Where messages of ``channel`` go; "" where there is no provider."""
    return settings.OURS["message_urls"].get(channel, "")


def deliver(channel: str, *, key: str, to: str, text: str, name: str = "") -> str:
    """Hand one message to the provider; returns its own number, or "". Raises NotTaken."""
    url = address(channel)
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotTaken("no address of a provider", again=True)
    headers = {"Idempotency-Key": key}
    if token := settings.OURS["message_token"]:
        headers["Authorization"] = f"Bearer {token}"
    body = {"id": key, "channel": channel, "to": to, "name": name, "text": text}
    try:
        answer = httpx.post(url, json=body, headers=headers, timeout=TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as why:
        raise NotTaken(f"{type(why).__name__}: {why}"[:200], again=True) from why
    if not answer.is_success:
        again = answer.status_code >= 500 or answer.status_code in _LATER
        raise NotTaken(f"HTTP {answer.status_code}", again=again)
    return _number(answer)


def _number(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    return str(told.get("id", ""))[:80] if isinstance(told, dict) else ""
