"""What is served from the tables of this app, each answer through the viewer's own scope."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .models import Station, Still
from .services.stills import last_still

_AGAIN = "private, no-cache"


@require_safe
def still(request: HttpRequest, station_id, still_id: int | None = None) -> FileResponse | HttpResponse:
    """The newest kept picture of a camera (or of a terminal that sends some), or the one with ``still_id``; 404 also for
    what may not be seen."""
    camera = Station.objects.filter(request.viewer.scope.filter("camera.view"), pk=station_id).first()
    if camera is None:
        raise Http404
    found = (
        last_still(camera) if still_id is None else Still.objects.filter(station=camera, pk=still_id).first()
    )
    if found and request.headers.get("If-None-Match") == f'"{found.pk}"':
        return HttpResponse(status=304, headers={"ETag": f'"{found.pk}"', "Cache-Control": _AGAIN})
    try:
        picture = found.image.open("rb") if found else None
    except FileNotFoundError:  # dropped by retention between the query and now
        picture = None
    if picture is None:
        raise Http404
    answer = FileResponse(picture, content_type="image/jpeg")
    answer["Cache-Control"] = _AGAIN if still_id is None else "private, max-age=86400, immutable"
    answer["ETag"] = f'"{found.pk}"'
    answer["X-Taken-At"] = found.taken_at.isoformat()
    answer["Content-Security-Policy"] = "default-src 'none'"
    return answer
