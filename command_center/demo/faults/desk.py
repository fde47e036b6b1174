"""A duty officer without a browser: calls come in and become incidents and orders, whatever happens to the hall.

Each request carries a key and is repeated with the same key until it is answered, as the screens do it.
"""

import http.client
import json
import threading
import time
import uuid
from typing import Any

from .bed import HOST, Bed

_PAUSE_S = 1.5  # between two calls
_AGAIN_S = 0.5
_TOKEN = "f" * 32  # any: the double-submit check compares the cookie with the header


class Desk:
    """``answered``: what the hall has said yes to, as (incident or order, subject, its number)."""

    def __init__(self, bed: Bed, cookie: str, place: list[float]) -> None:
        self.bed, self.cookie, self.place = bed, cookie, place
        self.answered: list[tuple[str, str, str]] = []
        self.refused: list[str] = []
        self.repeated = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> "Desk":
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the call that is on the line."""
        self._stopped.set()
        self._thread.join(60)

    def _work(self) -> None:
        while not self._stopped.is_set():
            subject = f"call {uuid.uuid4()}"
            told = {"type": "fire", "source": "call", "position": self.place, "title": subject}
            incident = self._post("incidents", told)
            if incident:
                self.answered.append(("incident", subject, incident["number"]))
                self._post(f"incidents/{incident['id']}/moves/confirm", {"reason": "by phone"})
                told = {
                    "matter": "rescue",
                    "department": "housing",
                    "subject": subject,
                    "incident": incident["id"],
                }
                if order := self._post("orders", told):
                    self.answered.append(("order", subject, order["number"]))
            self._stopped.wait(_PAUSE_S)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        key = str(uuid.uuid4())
        while True:
            status, answer = self._once(path, body, key)
            if status in (200, 201):
                return json.loads(answer)
            if 400 <= status < 500:
                self.refused.append(f"{path}: {status} {answer[:300].decode(errors='replace')}")
                return None
            self.repeated += 1
            time.sleep(_AGAIN_S)

    def _once(self, path: str, body: dict[str, Any], key: str) -> tuple[int, bytes]:
        headers = {
            "Cookie": f"{self.cookie}; csrftoken={_TOKEN}", "X-CSRFToken": _TOKEN, "Idempotency-Key": key,
            "Content-Type": "application/json",
        }  # fmt: skip
        connection = http.client.HTTPConnection(HOST, self.bed.port, timeout=10)
        try:
            connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()
