"""The real thing: uvicorn and the relay as processes of their own on the test database, and a real browser.

The test writes through the services and commits; what it asserts is what the page shows. Processes and browser live for
the whole run: the database is emptied under them between two tests, and the events' numbers go on.
"""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.models import Max
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from command_center.core.models import DemoClock, Event, User
from command_center.core.now import now
from command_center.launch.place import GATEWAY_PORTS
from tests.sensors.ingesting import tell
from tests.waiting import eventually

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop running in this thread
ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
]  # fmt: skip
PLACE = (118.56, 37.45)
PASSWORD = "a long password for tests"
expect.set_options(timeout=15_000)


def chromium():
    """The browser that ./onemap has found or unpacked; without it, one on the PATH."""
    known = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, known)), None)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


LIVE_HOST, LIVE_PORT = "127.10.3.9", free_port()  # where screens may fetch live pictures


class Hall:
    """The processes of the hall that a screen needs, on one port that stays the same over restarts."""

    def __init__(self, log):
        self._log = log
        self._running = {}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._ports = {name: str(free_port()) for name in GATEWAY_PORTS} | {"PORT": str(self.port)}

    def _start(self, name, *command, **env):
        where = connection.settings_dict
        host = (where["HOST"] or "127.0.0.1").replace("/", "%2F")
        at = f"{where['USER']}:{where['PASSWORD']}@{host}:{where['PORT'] or 5432}"
        ours = {
            "DATABASE_URL": f"postgis://{at}/{where['NAME']}",
            "REDIS_URL": settings.REDIS_URL,
            "DJANGO_SETTINGS_MODULE": "command_center.settings.test",
            "MEDIA_ORIGINS": f"http://{LIVE_HOST}:{LIVE_PORT}",
        }
        with (self._log / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=os.environ | ours | self._ports | env, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def start(self):
        """What is not running: a test may have stopped something."""
        if "relay" not in self._running:
            self._start("relay", "manage.py", "relay")
        if "web" not in self._running:
            self.start_web()

    def start_field(self, storm=""):
        """The whole way from the equipment to an incident, and units that drive: the storm plays over real sockets."""
        celery = ("-m", "celery", "-A", "command_center")
        self._start("gateway", "manage.py", "gateway")
        self._start(
            "worker", *celery, "worker", "-Q", "now,bulk,poll", "--pool", "threads", "-c", "4", "--without-gossip",
            "--without-mingle",
        )  # fmt: skip
        self._start("beat", *celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=")
        self._start(
            "simulate", "manage.py", "simulate", STORM=storm, FAULTS="none", ONEMAP_VAR=str(self._log)
        )

    def stop_field(self):
        self._stop("simulate", "beat", "worker", "gateway")

    def start_web(self):
        self._start(
            "web", "-m", "uvicorn", "command_center.asgi:application", "--host", "127.0.0.1", "--port", str(self.port),
            "--ws", "websockets-sansio", "--lifespan", "off", "--timeout-graceful-shutdown", "1", "--no-access-log",
        )  # fmt: skip
        eventually(self._answers)

    def _answers(self):
        assert self._running["web"].poll() is None, (self._log / "web.log").read_text()[-2000:]
        try:
            urllib.request.urlopen(f"{self.address}/sign-in/", timeout=5).close()
        except OSError:
            return False
        return True

    def stop_web(self):
        self._stop("web")

    def stop_relay(self):
        """From here on no screen hears of news."""
        self._stop("relay")

    def _stop(self, *names):
        stopped = [self._running.pop(name) for name in names if name in self._running]
        for process in stopped:
            process.terminate()
        for process in stopped:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self):
        self._stop(*self._running)


@pytest.fixture(scope="session")
def processes(django_db_setup, tmp_path_factory):
    running = Hall(tmp_path_factory.mktemp("hall"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session", autouse=True)
def browser(django_db_setup):
    """One browser for all tests; each screen is a session of its own in it."""
    executable = chromium()
    assert executable, "a browser is needed: the package chromium-headless-shell"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield started
        started.close()
        # While its loop runs, this thread has a database connection of its own, which nobody else would close.
        connections.close_all()


_told = 0  # the events' last number, over all tests


@pytest.fixture(autouse=True)
def numbers_go_on(transactional_db):
    """The web process outlives the emptied tables and knows how far it has read: numbers never begin again."""
    global _told
    Event.objects.create(kind="test.begins", seq=_told + 1, area_path="/", at=now())
    yield
    _told = Event.objects.aggregate(last=Max("seq"))["last"]


def wait_until_nobody_reads():
    """The screens are gone; what was being read for them would stand in the way of emptying the tables."""
    quiet = 0
    with connection.cursor() as cursor:
        while quiet < 2:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1


@pytest.fixture
def hall(numbers_go_on, officers, processes):
    """The demo district, its people, and the processes that show it."""
    processes.start()
    yield processes
    wait_until_nobody_reads()


@pytest.fixture
def storm_time(hall):
    """For tests that set the hall's clock and let the field play: at the end nobody is left who knows of it."""
    yield
    hall.stop_field()
    hall.stop_web()
    DemoClock.objects.all().delete()


@pytest.fixture
def district(transactional_db):
    """Committed, for the processes to read."""
    from command_center.demo import seed

    seed.seed()


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
def people(officers):
    """Liaisons of two departments, a shift leader and a responder, beside the duty officer."""
    from command_center.core.models import Area, Department, Membership, User

    root = Area.objects.get(path="/dy/")
    for name, role, department in (
        ("urban", "liaison", "urban"),
        ("water", "liaison", "water"),
        ("leader", "shift_leader", None),
        ("responder", "responder", None),
    ):
        user = User.objects.create_user(name, password=PASSWORD, display_name=name)
        unit = department and Department.objects.get(code=department)
        Membership.objects.create(user=user, role=role, area=root, department=unit)


@pytest.fixture
def issue(people):
    """An order as the duty officer issues it; ``ago``: how long ago."""
    from command_center.core.actor import person
    from command_center.core.models import User
    from dispatch.services import orders

    def issued(department="urban", *, ago=timedelta(), **given):
        at = now() - ago
        usual = {
            "matter": "road_ponding",
            "subject": "黄河路东二路口积水抽排",
            "requirement": "立即组织抽排，设置警示，处置完成后反馈。",
            "facts": "积水 46 cm，过往车辆受阻。",
            "position": PLACE,
            "address": "黄河路与东二路交叉口",
        }
        by = person(User.objects.get(username="duty"), at)
        return orders.issue(by=by, at=at, department=department, **{**usual, **given})

    return issued


def by_the_form(page, user):
    """Sign in as a person does."""
    page.goto("/sign-in/")
    page.fill("#id_username", user)
    page.fill("#id_password", PASSWORD)
    page.click("button.first")


def signed_in(user):
    """The cookie of somebody who signed in before: most tests are not about the sign-in page."""
    client = Client()
    client.force_login(User.objects.get(username=user))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def screens(hall, browser):
    """screens(width, height, language="zh-hans", user="duty", at="/") → a page of its own browser session, at that
    address; nobody's page (``user=None``) is empty at first.

    At the end every page must have run without an error of its own.
    """
    troubles, contexts = [], []

    def screen(width=1920, height=1080, language="zh-hans", user="duty", at=None, **context_options):
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=hall.address, **context_options
        )
        contexts.append(context)
        cookies = {"django_language": language}
        if user:
            cookies[settings.SESSION_COOKIE_NAME] = signed_in(user)
        context.add_cookies(
            [{"name": name, "value": value, "url": hall.address} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(at or ("/" if user else "about:blank"))
        if user and not at:
            expect(page.locator(".live")).to_be_visible()  # drawn by the page's code: its keys work now
        return page

    yield screen
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def water():
    """water(site, cm): the site reports a depth twice within a minute, which is enough for an alarm."""
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
