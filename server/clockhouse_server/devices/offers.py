"""What the server hands to kiosks besides the roster: its keys, and the pepper to those in service."""

from base64 import b64encode

from clockhouse_server.auth.web import Server
from clockhouse_server.devices.models import Device
from clockhouse_sync import wire


def server_keys(server: Server) -> list[wire.ServerKey]:
    """The keys whose signatures a kiosk may trust."""
    public = b64encode(server.keys.public).decode()
    return [wire.ServerKey(key_id=server.keys.key_id, public_key=public)]


def pepper_for(device: Device, server: Server) -> wire.Pepper | None:
    """The newest PIN pepper, for an active device only."""
    if device.status != "active":
        return None
    version = server.keys.pepper_version
    return wire.Pepper(version=version, value=b64encode(server.keys.peppers[version]).decode())
