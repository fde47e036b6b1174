"""What this hall shows OPC UA servers to be known by: a key and a certificate, made once, in a file beside the other secrets.

The process that subscribes and the pages share it; servers are told to trust it by its thumbprint.
"""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from ..domain import certificates


def file() -> Path:
    """The PEM file, made when it is first asked for; whoever is a moment late takes the one that is there."""
    found = Path(settings.OURS["keys_folder"]) / "opcua.pem"
    if found.exists():
        return found
    found.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = settings.OURS["mqtt_client_id"]
    # By the machine's clock: servers judge the certificate by theirs.
    pem = certificates.make("One Map", f"urn:{name}:hall", socket.gethostname(), datetime.now(UTC))
    fresh = found.with_name(f"{found.name}.{uuid4().hex}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(pem)
        os.link(fresh, found)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    return found


def certificate() -> bytes:
    """The certificate (DER) that servers are to trust."""
    return certificates.certificate_in(file().read_bytes())


def thumbprint() -> str:
    return certificates.thumbprint(certificate())
