"""docker-compose.yml, Dockerfile and .env.example against each other, the process list and the settings.

No container engine is needed: this says that the files agree, not that the image builds.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from command_center.launch.processes import processes

BASE = Path(__file__).resolve().parents[2]
COMPOSE = (BASE / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = {p.name: list(p.command) for p in processes("0.0.0.0", 8000)}
DEMO_ONLY = {p.name for p in processes("0.0.0.0", 8000) if p.demo_only}
SERVERS = {"database", "redis", "migrate"}

# Read by ./onemap and the demo, which have no settings module to read them through.
READ_ELSEWHERE = {"PORT", "HOST", "STORM", "SPEED", "DEMO_PASSWORD"}


def names_in_settings():
    text = "\n".join(path.read_text() for path in (BASE / "command_center/settings").glob("*.py"))
    return set(re.findall(r"""\benv(?:\.\w+)?\(\s*["']([A-Z0-9_]+)["']""", text))


def names_in_compose():
    return set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", COMPOSE))


def names_in_example():
    return set(re.findall(r"^#?([A-Z0-9_]+)=", (BASE / ".env.example").read_text(), re.M))


def test_the_compose_file_follows_its_schema():
    check = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            "docker-compose.yml",
        ],
        cwd=BASE,
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_every_process_but_the_demo_is_a_service_with_the_same_command():
    services = {name: s["command"][1:] for name, s in SERVICES.items() if name not in SERVERS}
    assert services == {name: command for name, command in OURS.items() if name not in DEMO_ONLY}


def test_the_image_starts_the_web_process_by_default():
    [command] = re.findall(r"^CMD (.*)$", (BASE / "Dockerfile").read_text(), re.M)
    assert yaml.safe_load(command) == ["python", *OURS["web"]]


def test_dependencies_name_services_and_wait_for_what_exists():
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, f"{name} depends on {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], f"{needed} is waited for and has no healthcheck"
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[needed]["restart"] == "no", f"{needed} must end to be waited for"


def test_dependencies_have_no_circle():
    done = set()

    def visit(name, path):
        assert name not in path, " -> ".join([*path, name])
        if name not in done:
            for needed in SERVICES[name].get("depends_on", {}):
                visit(needed, [*path, name])
            done.add(name)

    for name in SERVICES:
        visit(name, [])


def test_every_named_volume_is_declared_and_used():
    used = {
        v.split(":")[0]
        for s in SERVICES.values()
        for v in s.get("volumes", [])
        if not v.startswith((".", "/"))
    }
    assert used == set(yaml.safe_load(COMPOSE)["volumes"])


def test_every_service_of_ours_runs_the_one_image_without_privileges():
    for name, service in SERVICES.items():
        if name in {"database", "redis"}:
            continue
        assert service["image"] == "one-map"
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
    assert [name for name, s in SERVICES.items() if "build" in s] == ["migrate"], "built once, used by all"
    assert re.search(r"^USER (?!root|0\b)\S+$", (BASE / "Dockerfile").read_text(), re.M)


def test_secrets_must_be_given():
    for secret in ("SECRET_KEY", "DEVICE_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS"):
        uses = re.findall(r"\$\{" + secret + r"[^}]*\}", COMPOSE)
        assert uses and all(":?" in use for use in uses), secret


def test_variables_set_for_the_application_are_ones_it_reads():
    known = names_in_settings()
    for name, service in SERVICES.items():
        if service["image"] == "one-map":
            unknown = set(service["environment"]) - known
            assert not unknown, f"{name} sets {unknown}, which no settings module reads"


def test_the_example_lists_exactly_what_is_read():
    read = names_in_settings() | names_in_compose() | READ_ELSEWHERE
    listed = names_in_example()
    assert listed - read == set(), "listed, read by nothing"
    assert read - listed == set(), "read, not listed"


def test_every_line_of_the_example_is_explained():
    explained = False
    for line in (BASE / ".env.example").read_text().splitlines():
        if re.match(r"#?[A-Z0-9_]+=", line):
            assert explained, f"no comment above {line}"
        else:
            explained = line.startswith("# ")


@pytest.mark.parametrize("name", ["HOST", "PORT", "STORM", "SPEED", "DEMO_PASSWORD"])
def test_what_is_read_elsewhere_is_really_read(name):
    sources = [*(BASE / "command_center/launch").glob("*.py"), *(BASE / "command_center/demo").rglob("*.py")]
    assert any(f'"{name}"' in path.read_text() for path in sources)
