"""MQTT 3.1.1 with JSON of any shape: a broker is subscribed to at QoS 1, and the points say where their values stand.

``config`` is ``{"host", "port", "topic", "tls", "at", "points"}``; ``{address}`` in the topic stands for the device, so that one
subscription hears them all, also those that nobody knows yet. Points and ``at`` are as in ``http_json.py``.

A frame is the topic, a line feed and the payload. A message is acknowledged after its commit, and the broker keeps the session
(fixed client id, not clean): what comes while we are away, or is not committed, comes again.
"""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from sensors.adapters.base import NOTHING, Ears, Feed, News
from sensors.adapters.http_json import mapped
from sensors.domain.networks import same_peer
from sensors.domain.readings import DecodeError, Message
from sensors.domain.topics import DEVICE, address_in, subscription, wrong

CONNECT_S = 5.0
KEEP_ALIVE_S = 30
LONGEST_PAYLOAD = 256 * 1024
KEPT_OF_TOO_LONG = 1024
UNSTORED = 5000
"""Messages of one broker that may wait to be stored. Brokers send far fewer unacknowledged; beyond it somebody floods."""
TOPICS_AT_ONCE = 200


class Mqtt:
    """Mapped JSON from a broker as :class:`sensors.adapters.base.Subscribed`."""

    name = "mqtt"
    label = "MQTT (mapped JSON)"
    text = True
    needs: Mapping[str, type] = {"host": str, "port": int, "topic": str, "tls": bool, "points": list}

    def feed(self, place: Mapping[str, Any], ears: Ears, *, once: bool = False) -> Feed:
        return Broker(place, ears, once=once)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One reading a point; points without a value stand in ``details["refused"]`` with the reason."""
        said, found, payload = frame.partition(b"\n")
        if not found:
            raise DecodeError("no topic stands before the payload")
        if not payload.strip():
            raise DecodeError("an empty message")
        topic, template = said.decode(errors="replace"), str(config.get("topic", ""))
        address = str(config.get("address", ""))
        if DEVICE in template:
            named = address_in(template, topic)
            if named is None:
                raise DecodeError(f"the topic {topic[:80]} is not {template}")
            address = named
        return mapped(self.name, payload, config, address, at)


class _Client(paho.Client):
    """paho's client, connecting to the address that was checked and to no other; TLS is checked against the name."""

    literal = ""

    def _create_socket_connection(self) -> socket.socket:
        link = socket.create_connection((self.literal, self._port), timeout=CONNECT_S)
        try:
            same_peer(link.getpeername(), self.literal, self._port)
        except ConnectionError:
            link.close()
            raise
        return link


class Broker:
    """The subscriptions at one broker as :class:`sensors.adapters.base.Feed`. paho works in a thread; all else in the loop."""

    def __init__(self, place: Mapping[str, Any], ears: Ears, *, once: bool = False) -> None:
        self.place, self.ears, self.once = place, ears, once
        self.exact: dict[str, list[Mapping[str, Any]]] = {}  # by topic
        self.patterns: dict[
            str, dict[str, Mapping[str, Any]]
        ] = {}  # by template with wildcards, then by address
        self.client: _Client | None = None
        self.filters: set[str] = set()
        self.asked: dict[int, list[str]] = {}  # topics of subscriptions under way, by message id
        self.unstored = 0
        self.lost: asyncio.Future[None] | None = None

    # --- what is subscribed to ---------------------------------------------------------------
    def follow(self, devices: Sequence[Mapping[str, Any]]) -> None:
        self.exact, self.patterns = {}, {}
        for one in devices:
            template, address = str(one.get("topic", "")), str(one.get("address", ""))
            if reason := wrong(template):
                self.ears.tell(f"configuration: {reason}", address)
            elif DEVICE in template or "+" in template or "#" in template:
                self.patterns.setdefault(template, {})[address] = one
            else:
                self.exact.setdefault(template, []).append(one)
        if self.client is not None and self.client.is_connected():
            self._subscribe()

    def _subscribe(self) -> None:
        wanted = {*self.exact, *map(subscription, self.patterns)}
        for gone in _chunks(sorted(self.filters - wanted)):
            self._call("unsubscribe", gone)
        for fresh in _chunks(sorted(wanted - self.filters)):
            self.asked[self._call("subscribe", [(topic, 1) for topic in fresh])] = fresh
        self.filters = wanted

    def _call(self, what: str, topics: Any) -> int:
        assert self.client is not None
        code, number = getattr(self.client, what)(topics)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._end(ConnectionError("connection lost"))
        return number or 0

    # --- the connection ----------------------------------------------------------------------
    async def run(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        self.lost, self.filters, self.asked, self.unstored = loop.create_future(), set(), {}, 0
        self.client = client = self._made(address, loop)
        connected = asyncio.create_task(
            asyncio.to_thread(client.connect, str(self.place["host"]), int(self.place["port"]), KEEP_ALIVE_S)
        )
        try:
            try:
                await asyncio.shield(connected)
            except ssl.SSLError as why:
                raise ConnectionError(f"TLS: {why.reason or 'refused'}") from None
            client.loop_start()
            async with asyncio.timeout(CONNECT_S) as patience:
                self._patience = patience
                await self.lost
        finally:
            self.client = None
            with contextlib.suppress(OSError, ValueError):
                await connected
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    def _made(self, address: str, loop: asyncio.AbstractEventLoop) -> _Client:
        client = _Client(
            CallbackAPIVersion.VERSION2,
            f"onemap-look-{uuid4().hex[:10]}" if self.once else str(self.place["client_id"]),
            clean_session=self.once,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.literal, client.connect_timeout = address, CONNECT_S
        told = self.place.get("secrets") or {}
        if told.get("username"):
            client.username_pw_set(told["username"], told.get("password") or None)
        if self.place.get("tls"):
            client.tls_set_context(ssl.create_default_context(cafile=self.place.get("ca_file") or None))

        def calmly(function: Any) -> Any:
            def called(*arguments: Any) -> None:
                # The thread may outlive the loop by a moment.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._only_of, function, *arguments)

            return called

        client.on_connect = calmly(self._connected)
        client.on_subscribe = calmly(self._subscribed)
        client.on_message = calmly(self._heard)
        client.on_disconnect = calmly(self._disconnected)
        return client

    def _only_of(self, function: Any, client: _Client, *arguments: Any) -> None:
        if client is self.client:
            function(client, *arguments)

    def _connected(self, client: _Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._end(ConnectionError(f"the broker refuses: {str(reason).lower()}"))
            return
        self._patience.reschedule(None)
        self._subscribe()
        self.ears.tell("", "")

    def _subscribed(self, client: _Client, data: Any, number: int, reasons: Any, properties: Any) -> None:
        for topic, reason in zip(self.asked.pop(number, ()), reasons, strict=False):
            if reason.is_failure:
                refused = [*self.exact.get(topic, ())]
                for template, devices in self.patterns.items():
                    refused += devices.values() if subscription(template) == topic else ()
                for one in refused:
                    self.ears.tell("the broker refuses the topic", str(one["address"]))

    def _disconnected(self, client: _Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._end(ConnectionError("connection lost"))

    def _end(self, why: Exception) -> None:
        if self.lost is not None and not self.lost.done():
            self.lost.set_exception(why)

    # --- what comes --------------------------------------------------------------------------
    def _heard(self, client: _Client, data: Any, message: paho.MQTTMessage) -> None:
        self.unstored += 1
        if self.unstored > UNSTORED:
            # Not acknowledged: it comes again when there is room.
            self._end(ConnectionError("more messages than can be stored"))
            return

        def done() -> None:
            self.unstored -= 1
            client.ack(message.mid, message.qos)

        topic, payload, error = _text(message), bytes(message.payload), ""
        if len(payload) > LONGEST_PAYLOAD:
            error = f"a message of {len(payload)} bytes, more than {LONGEST_PAYLOAD}"
            payload = payload[:KEPT_OF_TOO_LONG]
        raw = topic.encode() + b"\n" + payload
        news = [self._news(raw, config, message.retain, error) for config in self._meant(topic)]
        if not news:
            news = [News(raw, {}, error="no device is configured for this topic")]
        self.ears.deliver(news, done)

    def _news(self, raw: bytes, config: Mapping[str, Any], retained: bool, error: str) -> News:
        # Only a time of its own tells the same news again from the same value again.
        if not config.get("at"):
            error = error or ("a retained message without a time of its own" if retained else "")
            return News(raw, config, error=error)
        key = hashlib.blake2b(raw + str(config.get("address")).encode(), digest_size=16).digest()
        return News(raw, config, key, error)

    def _meant(self, topic: str) -> Iterable[Mapping[str, Any]]:
        """The devices that ``topic`` is of; for one that nobody knows, the way its neighbours are read."""
        yield from self.exact.get(topic, ())
        for template, devices in self.patterns.items():
            named = address_in(template, topic)
            if named == "":
                yield from devices.values()
            elif named is not None:
                some = next(iter(devices.values()))
                yield devices.get(named) or {**some, "address": named}


def _text(message: paho.MQTTMessage) -> str:
    try:
        return message.topic.replace("\n", " ")
    except UnicodeDecodeError:  # paho decodes when it is asked
        return "?"


def _chunks(topics: list[str]) -> Iterable[list[str]]:
    return (topics[at : at + TOPICS_AT_ONCE] for at in range(0, len(topics), TOPICS_AT_ONCE))
