"""The real thing: uvicorn and the relay as processes of their own on the test database, and a real browser.

The test writes through the services and commits; what it asserts is what the page shows.
"""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import expect, sync_playwright

from command_center.core.now import now
from tests.sensors.ingesting import tell

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop running in this thread
ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "a long password for tests"
expect.set_options(timeout=15_000)


def chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Hall:
    """The processes of the hall that a screen needs, on one port that stays the same over restarts."""

    def __init__(self, log):
        self._log = log
        self._running = {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def _start(self, name, *command):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            database = cursor.fetchone()[0]
        where = settings.DATABASES["default"]
        url = (
            f"postgis://{where['USER']}:{where['PASSWORD']}@{where['HOST'] or '127.0.0.1'}:{where['PORT'] or 5432}/{database}"
            if not str(where["HOST"]).startswith("/")
            else f"postgis://{where['USER']}:{where['PASSWORD']}@{where['HOST'].replace('/', '%2F')}:{where['PORT']}/{database}"
        )
        env = os.environ | {
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
            "DJANGO_SETTINGS_MODULE": "command_center.settings.test",
        }
        log = (self._log / f"{name}.log").open("ab")
        self._running[name] = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )

    def start(self):
        self._start("relay", "manage.py", "relay")
        self.start_web()

    def start_worker(self):
        """For what follows from events: an alarm that proposes an incident."""
        self._start(
            "worker", "-m", "celery", "-A", "command_center", "worker", "-Q", "now,bulk", "--pool", "threads",
            "-c", "2", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def start_web(self):
        self._start(
            "web", "-m", "uvicorn", "command_center.asgi:application", "--host", "127.0.0.1", "--port", str(self.port),
            "--ws", "websockets-sansio", "--lifespan", "off", "--timeout-graceful-shutdown", "1", "--no-access-log",
        )  # fmt: skip
        while True:  # until it answers, or died
            assert self._running["web"].poll() is None, (self._log / "web.log").read_text()[-2000:]
            try:
                urllib.request.urlopen(f"{self.address}/sign-in/", timeout=5).close()
                return
            except OSError:
                continue

    def stop_web(self):
        self._stop("web")

    def _stop(self, name):
        process = self._running.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        for name in list(self._running):
            self._stop(name)


@pytest.fixture
def hall(transactional_db, tmp_path, officers):
    """The demo district, its people, and the processes that show it."""
    running = Hall(tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def officers(transactional_db, district):
    """A duty officer ("duty", PASSWORD) of the whole district."""
    from command_center.core.models import Area, Membership, User

    user = User.objects.create_user("duty", password=PASSWORD, display_name="值班员")
    root = Area.objects.order_by("path").first()
    Membership.objects.create(user=user, role="duty_officer", area=root)


@pytest.fixture
def night_shift(officers):
    """Beside the duty officer a second one, a shift leader and the liaison of the department that drains roads."""
    from command_center.core.models import Area, Department, Membership, User

    root = Area.objects.get(path="/dy/")
    for name, role, department in (
        ("second", "duty_officer", None),
        ("leader", "shift_leader", None),
        ("housing", "liaison", "housing"),
    ):
        user = User.objects.create_user(name, password=PASSWORD, display_name=name)
        unit = department and Department.objects.get(code=department)
        Membership.objects.create(user=user, role=role, area=root, department=unit)


@pytest.fixture
def screens(hall):
    """screens(width, height, language="zh-hans", user="duty") → a page of its own browser session.

    At the end every page must have run without an error of its own.
    """
    executable = chromium()
    assert executable, "a browser is needed: the package chromium"
    troubles = []
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        stack.callback(browser.close)

        def screen(width=1920, height=1080, language="zh-hans", user="duty", **context_options):
            context = browser.new_context(
                viewport={"width": width, "height": height}, base_url=hall.address, **context_options
            )
            context.add_cookies([{"name": "django_language", "value": language, "url": hall.address}])
            page = context.new_page()
            page.on("pageerror", lambda error: troubles.append(str(error)))
            if user:
                page.goto("/sign-in/")
                page.fill("#id_username", user)
                page.fill("#id_password", PASSWORD)
                page.click("button.first")
                # Drawn by the page's own code: its keys work now.
                expect(page.locator(".live")).to_be_visible()
            return page

        yield screen
    assert troubles == []


@pytest.fixture
def water():
    """water(site, cm): the site reports a depth twice within a minute, which is enough for an alarm."""
    from datetime import timedelta

    from sensors.models import Station

    def rise(code, depth_cm, *, ago=timedelta()):
        site = Station.objects.get(code=code)
        at = now() - ago
        for moment in (at - timedelta(seconds=30), at):
            tell(
                site.address,
                [("depth", "ponding_depth", depth_cm, moment)],
                at=moment,
                protocol=site.protocol,
            )
        return site

    return rise
