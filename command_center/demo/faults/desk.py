"""People without a browser, whatever happens to the hall: calls come in and become incidents and orders; a department
signs, arrives, reports and answers with pictures; another officer verifies and closes.

Each request carries a key and is repeated with the same key until it is answered, as the screens do it.
"""

import queue
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx

from .bed import HOST, Bed
from .photo import jpeg

_PAUSE_S = 1.5  # between two calls
_STEP_S = 0.1  # between two acts of the department
_AGAIN_S = 0.5
_LEFT_ALONE = 3  # every third order is nobody's: its clocks run out
_TOKEN = "f" * 32  # any: the double-submit check compares the cookie with the header


class Desk:
    """``answered``: what the hall has said yes to, as (incident or order, subject, its number).

    ``closed``: the orders that went the whole way, by id. ``repeated``: requests that had to be sent again.
    """

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.officer = bed.ask("cookie", username="duty1")
        self.second = bed.ask("cookie", username="duty2")
        self.liaison = bed.ask("cookie", username="housing")
        self.place = bed.ask("place")
        self.answered: list[tuple[str, str, str]] = []
        self.closed: list[str] = []
        self.refused: list[str] = []
        self.repeated = 0
        self._issued: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._take_calls, self._follow_orders)
        ]

    def start(self) -> "Desk":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Finish the call that is on the line and the order that is being handled."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                self.refused.append("no answer for a minute")

    def _take_calls(self) -> None:
        with self._client(self.officer) as officer:
            orders = 0
            while not self._stopped.is_set():
                if order := self._call(officer):
                    orders += 1
                    if orders % _LEFT_ALONE:
                        self._issued.put(order)
                self._stopped.wait(_PAUSE_S)
        self._issued.put(None)

    def _call(self, officer: httpx.Client) -> dict[str, Any] | None:
        subject = f"call {uuid.uuid4()}"
        told = {"type": "fire", "source": "call", "position": self.place, "title": subject}
        incident = self._post(officer, "incidents", json=told)
        if incident is None:
            return None
        self.answered.append(("incident", subject, incident["number"]))
        self._post(officer, f"incidents/{incident['id']}/moves/confirm", json={"reason": "by phone"})
        told = {"matter": "rescue", "department": "housing", "subject": subject, "incident": incident["id"]}
        if order := self._post(officer, "orders", json=told):
            self.answered.append(("order", subject, order["number"]))
        return order

    def _follow_orders(self) -> None:
        with self._client(self.liaison) as liaison, self._client(self.second) as second:
            while not self._stopped.is_set() and (order := self._issued.get()):
                acts = [(liaison, path, said) for path, said in _department(order)]
                acts += [(second, f"moves/{name}", {"json": {}}) for name in ("verify", "close")]
                if all(self._act(who, order, path, said) for who, path, said in acts):
                    self.closed.append(order["id"])

    def _act(self, who: httpx.Client, order: dict[str, Any], path: str, said: dict[str, Any]) -> bool:
        time.sleep(_STEP_S)
        return self._post(who, f"orders/{order['id']}/{path}", **said) is not None

    def _client(self, cookie: str) -> httpx.Client:
        headers = {"Cookie": f"{cookie}; csrftoken={_TOKEN}", "X-CSRFToken": _TOKEN}
        address = f"http://{HOST}:{self.bed.port}/api/v1/"
        return httpx.Client(base_url=address, headers=headers, timeout=10, verify=False, trust_env=False)

    def _post(self, who: httpx.Client, path: str, **said: Any) -> dict[str, Any] | None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            try:
                answer = who.post(path, headers=key, **said)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in (200, 201):
                return answer.json()
            if answer is not None and 400 <= answer.status_code < 500:
                self.refused.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                return None
            self.repeated += 1
            time.sleep(_AGAIN_S)


def _department(order: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the department does about ``order``, as (path, arguments of the request)."""
    taken = datetime.fromisoformat(order["issued_at"]) + timedelta(seconds=1)  # cameras tell whole seconds
    picture = ("a.jpg", jpeg(taken, tuple(order["position"])), "image/jpeg")
    yield "moves/sign", {"json": {}}
    yield "arrival", {"json": {}}
    yield "progress", {"json": {"text": "pumps are on the way"}}
    for tag in ("before", "after"):
        yield "attachments", {"files": {"file": picture}, "data": {"tag": tag}}
    yield "moves/feed_back", {"json": {"text": "done"}}
