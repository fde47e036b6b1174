"""Controllers that speak OPC UA: a server with one variable for each point of the station, written as the water moves.

The library's standard address space (some thousand nodes, seconds of work) is left out: a server of the field has the few
nodes that sessions and subscriptions touch, and its own. It may be read and subscribed to, not written.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.server.address_space import AttributeValue, NodeData
from asyncua.server.internal_server import InternalServer
from asyncua.server.user_managers import User, UserRole
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from sensors.domain.certificates import certificate_in, thumbprint
from sensors.domain.topics import DEVICE
from sensors.simulator.equipment import Equipment
from sensors.simulator.pumps import values
from sensors.simulator.water import PumpHouse

GOOD, UNCERTAIN, NO_COMMUNICATION = 0, 0x40000000, 0x80310000
_OF_SESSIONS: Mapping[int, tuple[Any, ua.VariantType]] = {
    ua.ObjectIds.Server_NamespaceArray: (["http://opcfoundation.org/UA/"], ua.VariantType.String),
    ua.ObjectIds.Server_ServerArray: ([""], ua.VariantType.String),
    ua.ObjectIds.Server_ServiceLevel: (255, ua.VariantType.Byte),
    ua.ObjectIds.Server_ServerStatus: (None, ua.VariantType.ExtensionObject),
    ua.ObjectIds.Server_ServerStatus_State: (0, ua.VariantType.Int32),
    ua.ObjectIds.Server_ServerStatus_StartTime: (None, ua.VariantType.DateTime),
    ua.ObjectIds.Server_ServerStatus_CurrentTime: (None, ua.VariantType.DateTime),
}


class _Small(InternalServer):
    """Without the standard address space."""

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        status = ua.ServerStatusDataType(State=ua.ServerState.Running)
        for number, (value, kind) in _OF_SESSIONS.items():
            told = status if number == ua.ObjectIds.Server_ServerStatus else value
            self.add(
                ua.NodeId(number), ua.DataValue(ua.Variant(told, kind) if told is not None else ua.Variant())
            )

    async def _address_space_fixes(self) -> None:
        return

    async def setup_nodes(self) -> None:
        return

    def add(self, node: ua.NodeId, value: ua.DataValue) -> None:
        """A variable that everybody may read."""
        data, name = NodeData(node), str(node.Identifier)
        readable = ua.AccessLevel.CurrentRead.mask
        attributes = {
            ua.AttributeIds.NodeId: node, ua.AttributeIds.NodeClass: int(ua.NodeClass.Variable),
            ua.AttributeIds.BrowseName: ua.QualifiedName(name, node.NamespaceIndex),
            ua.AttributeIds.DisplayName: ua.LocalizedText(name),
            ua.AttributeIds.AccessLevel: ua.Variant(readable, ua.VariantType.Byte),
            ua.AttributeIds.UserAccessLevel: ua.Variant(readable, ua.VariantType.Byte),
        }  # fmt: skip
        for attribute, told in attributes.items():
            data.attributes[attribute] = AttributeValue(
                ua.DataValue(told if isinstance(told, ua.Variant) else ua.Variant(told))
            )
        data.attributes[ua.AttributeIds.Value] = AttributeValue(value)
        self.aspace[node] = data


class _Server(Server):
    async def set_build_info(self, *told: Any) -> None:
        return


class OpcServer:
    """One server. ``users``: passwords by name; none: everybody may.

    ``identity``: its key and certificate (PEM); with one it takes signed and encrypted messages only, from clients whose
    certificates' thumbprints are ``trusted``.
    """

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        users: Mapping[str, str] | None = None,
        identity: bytes = b"",
        trusted: Collection[str] = (),
    ) -> None:
        self.host, self.port, self.users = host, port, dict(users or {})
        self.identity, self.trusted = identity, trusted
        self._inner: _Small | None = None
        self._server: _Server | None = None
        self._values: dict[str, ua.DataValue] = {}

    async def start(self) -> None:
        self._inner = _Small(user_manager=_Users(self.users) if self.users else None)
        self._inner.disabled_clock = True
        self._server = _Server(self._inner)
        self._server.set_endpoint(f"opc.tcp://{self.host}:{self.port}/")
        policies = [ua.SecurityPolicyType.NoSecurity]
        if self.identity:
            policies = [
                ua.SecurityPolicyType.Basic256Sha256_Sign,
                ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
            ]
            await self._server.load_certificate(certificate_in(self.identity), "der")
            await self._server.load_private_key(self.identity, format="pem")
            self._server.set_certificate_validator(self._judge)
        self._server.set_security_policy(policies)
        await self._server.init()
        for name, value in self._values.items():
            self._inner.add(ua.NodeId.from_string(name), value)
        await self._server.start()
        self.port = self._server.bserver._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def _judge(self, certificate: Certificate, client: ua.ApplicationDescription) -> None:
        if thumbprint(certificate.public_bytes(Encoding.DER)) not in self.trusted:
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

    async def stop(self) -> None:
        if self._server is not None:
            server, self._server, self._inner = self._server, None, None
            await server.stop()

    @property
    def listens(self) -> bool:
        return self._server is not None

    async def write(self, name: str, value: Any, at: datetime, status: int = GOOD) -> None:
        """What node ``name`` is from ``at`` on; a node that is not there yet is made."""
        told = ua.DataValue(
            ua.Variant(value),
            StatusCode=ua.StatusCode(status),
            SourceTimestamp=at,
            ServerTimestamp=at,
        )
        fresh, self._values[name] = name not in self._values, told
        if self._inner is None:
            return
        node = ua.NodeId.from_string(name)
        if fresh:
            self._inner.add(node, told)
        else:
            await self._inner.aspace.write_attribute_value(node, ua.AttributeIds.Value, told)


class _Users:
    def __init__(self, users: Mapping[str, str]) -> None:
        self.users = users

    def get_user(
        self, iserver: Any, username: str | None = None, password: Any = None, certificate: Any = None
    ) -> Any:
        said = password.decode() if isinstance(password, bytes) else password
        return User(role=UserRole.User) if self.users.get(username or "") == said else None


class OpcController:
    """The controller of one pump station, as ``pumps.Controller`` is one of Modbus."""

    def __init__(self, equipment: Equipment, house: PumpHouse, now: Callable[[], datetime]) -> None:
        self.equipment, self.house, self.now = equipment, house, now
        self.server = OpcServer(equipment.config["host"], int(equipment.config["port"]))

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def port(self) -> int:
        return self.server.port

    async def stop(self) -> None:
        await self.server.stop()

    async def follow(self, dead: bool) -> None:
        if dead:
            await self.server.stop()
            return
        at, present = self.now(), values(self.house, self.equipment, self.now())
        for point in self.equipment.config.get("points", ()):
            if point["channel"] in present:
                node = str(point["node"]).replace(DEVICE, self.equipment.address)
                value = round(present[point["channel"]], 3)
                await self.server.write(node, bool(value) if node.endswith(".running") else value, at)
        if not self.server.listens:
            await self.server.start()
