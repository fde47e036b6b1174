"""Ponding gauges that publish: battery-driven boxes behind the field's MQTT broker, each in a topic of its own."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import orjson

from sensors.domain.topics import DEVICE
from sensors.simulator.broker import Broker
from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import SiteFaults
from sensors.simulator.ledger import Ledger
from sensors.simulator.storm import LOCAL
from sensors.simulator.water import Pond

FULL_MV = 3650


def document(depth_cm: float, battery_mv: int, at: datetime, *, with_depth: bool = True) -> dict[str, object]:
    """What such a box says: mm and mV, its time as the hall's clock shows it."""
    said: dict[str, object] = {
        "time": at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S"),
        "battery": battery_mv,
    }
    return said | ({"depth": round(depth_cm * 10)} if with_depth else {})


class Publishing:
    """All such gauges of the field, and their brokers. Retained, so that who comes later knows the newest at once."""

    def __init__(
        self,
        sites: Sequence[tuple[Equipment, Pond, SiteFaults]],
        ledger: Ledger,
        state_at: Callable[[], datetime],
        real_s: Callable[[timedelta], float],
        dice: random.Random,
    ) -> None:
        self.sites, self.ledger, self.state_at, self.real_s, self.dice = sites, ledger, state_at, real_s, dice
        self.brokers: dict[tuple[str, int], Broker] = {}
        self.published = 0
        self._behind: dict[Broker, list[tuple[Equipment, Pond, SiteFaults]]] = defaultdict(list)
        for site in sites:
            place = site[0].config["host"], int(site[0].config["port"])
            broker = self.brokers.setdefault(place, Broker(*place))
            self._behind[broker].append(site)

    async def start(self) -> None:
        for broker in self.brokers.values():
            await broker.start()

    async def stop(self) -> None:
        for broker in self.brokers.values():
            await broker.stop()

    async def run(self) -> None:
        """Each gauge once an interval of the hall's time."""
        while self.sites:
            for broker, sites in self._behind.items():
                for site in sites:
                    self._publish(broker, *site)
            await asyncio.sleep(max(self.real_s(min(one.interval for one, _, _ in self.sites)), 0.5))

    def _publish(self, broker: Broker, equipment: Equipment, pond: Pond, faults: SiteFaults) -> None:
        if self.dice.random() < faults.errors + faults.slow:
            return  # out of reach of the network: the next one comes
        at, mute = self.state_at(), self.dice.random() < faults.no_reading
        battery_mv = FULL_MV - self.dice.randrange(40)
        said = document(pond.depth_cm, battery_mv, at, with_depth=not mute)
        topic = str(equipment.config["topic"]).replace(DEVICE, equipment.address)
        broker.publish(topic, orjson.dumps(said), retain=True)
        self.published += 1
        if not mute:
            self.ledger.write("mqtt", address=equipment.address, at=at, observed_at=at, value=said["depth"])
