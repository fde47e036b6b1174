"""Wrong settings of the field are start-up errors."""

from django.conf import settings
from django.core.checks import Error, Warning, register

from .domain.networks import networks


@register(deploy=True)
def device_networks_name_their_ports(app_configs, **kwargs):
    try:
        found = networks(settings.OURS["device_networks"])
    except ValueError:
        return []  # said by the check below
    return [
        Warning(
            f"DEVICE_NETWORKS: every port of {network} may be asked",
            hint=f'name the devices\' own behind it: "{network} 502 80 554"',
            id="sensors.W002",
        )
        for network in found
        if not network.ports
    ]


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
