"""Wrong settings of the field are start-up errors."""

from django.conf import settings
from django.core.checks import Error, Warning, register

from .domain.networks import networks


@register()
def device_networks_are_networks(app_configs, **kwargs):
    try:
        found = networks(settings.OURS["device_networks"])
    except ValueError as wrong:
        return [
            Error(f"DEVICE_NETWORKS: {wrong}", hint="CIDR, comma-separated: 10.20.0.0/16", id="sensors.E001")
        ]
    return [
        Warning(
            f"DEVICE_NETWORKS: {network} lets every address in",
            hint="name the devices' own",
            id="sensors.W001",
        )
        for network in found
        if network.prefixlen == 0
    ]
