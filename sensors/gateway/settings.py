"""What the gateway allows one peer and all of them: bounds in real time, so that no peer can cost the others theirs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    hello_s: float = 120.0
    """From connecting to the first whole frame."""
    idle_s: float = 3900.0
    """Between frames: a little over the hour of stations that only send hour reports."""
    frame_s: float = 30.0
    """From the first byte of a frame to its last: bounds peers that drip."""
    packets_s: float = 60.0
    """Between packets of one message."""
    frames_per_s: float = 500.0
    """Sustained, each connection; ``burst`` frames at once."""
    burst: float = 2000.0
    bytes_per_s: float = 512 * 1024.0
    in_flight: int = 256
    """Frames of one connection that wait to be stored."""
    garbage_bytes: int = 64 * 1024
    """Garbage and refused frames since the last good one after which a connection is closed."""
    garbage_kept: int = 1024
    """Of one piece of garbage this much is stored."""
    garbage_records: int = 20
    """Pieces of garbage of one connection that are stored between two good frames."""
    message_bytes: int = 4 * 1024 * 1024
    """A message in packets, all together."""
    all_messages_bytes: int = 64 * 1024 * 1024
    """Messages in packets under way on all connections."""
    messages: int = 4
    """Messages in packets under way on one connection."""
    unread_bytes: int = 64 * 1024
    """Answers a peer may leave unread before it is closed."""
    per_peer: int = 2000
    """Connections from one address: a mobile network hides many stations behind one."""
    connections: int = 12000
    datagrams: int = 2000
    """Datagrams of all sources that wait to be looked at; more are dropped."""
    source_waiting: int = 64
    """Datagrams of one source that wait to be looked at or stored; more are dropped."""
    source_idle_s: float = 600.0
    """A source of datagrams that was silent for so long is forgotten."""
    source_shut_s: float = 60.0
    """So long a source is not listened to that sent nothing but garbage."""
    batch: int = 500
    """Frames stored in one transaction."""
    queued: int = 4000
    """Frames of all connections that wait; when full, nothing more is read."""
    remembered: int = 20000
    """Frames stored lately, to answer repeats without storing them again."""
    stop_s: float = 8.0
    """To store and answer what was received, at a stop."""
