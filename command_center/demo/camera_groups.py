"""Two groups of cameras of the demo district: roads that flood, and pump stations."""

from sensors.models import CameraGroup, CameraPlace, Station

GROUPS = (("road", "易涝路段", "Roads that flood"), ("pump", "排涝泵站", "Storm pump stations"))


def seed():
    """Made once: what people arranged afterwards stays."""
    for key, name, name_en in GROUPS:
        group, new = CameraGroup.objects.get_or_create(
            name=name, defaults={"name_en": name_en, "area_path": "/dy/"}
        )
        cameras = Station.objects.filter(kind=Station.Kind.CAMERA, facts__group=key).order_by("code")
        if new:
            CameraPlace.objects.bulk_create(
                CameraPlace(group=group, station=camera, number=n) for n, camera in enumerate(cameras, 1)
            )
