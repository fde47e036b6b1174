"""Every protocol we speak, in one list. How to add one: docs/howto/add-a-protocol.md."""

from sensors.adapters.base import Adapter
from sensors.adapters.ea_http import EaHttp
from sensors.adapters.gb26875 import Gb26875
from sensors.adapters.hj212 import Hj212
from sensors.adapters.http_json import HttpJson
from sensors.adapters.jt808 import Jt808
from sensors.adapters.modbus import Modbus
from sensors.adapters.mqtt import Mqtt
from sensors.adapters.opcua import OpcUa
from sensors.adapters.sensorthings import SensorThings
from sensors.adapters.sl651 import Sl651
from sensors.adapters.slt427 import Slt427

ADAPTERS: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        Sl651(),
        Hj212(),
        Gb26875(),
        Modbus(),
        EaHttp(),
        HttpJson(),
        Jt808(),
        Mqtt(),
        OpcUa(),
        Slt427(),
        SensorThings(),
    )
}
