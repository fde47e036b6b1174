"""The house as it was drawn: who may know whom, and that planted violations are caught."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = ("command_center", "sensors", "gridops", "incidents", "dispatch")
SOURCES = [p for app in APPS for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts]


def lint_imports(root):
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=root, capture_output=True, text=True, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_imports_keep_the_contracts():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout[-2000:]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("sensors/domain/quality.py", "import django.db", "Rules are values"),
        ("sensors/services/ingest.py", "import command_center.onemap.hub", "Calls go down"),
        ("command_center/onemap/hub.py", "import sensors.models", "The screens show what is registered"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path, file, line, contract):
    for app in APPS:
        for source in (p for p in SOURCES if p.relative_to(ROOT).parts[0] == app):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(source.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    target = tmp_path / file
    target.write_text(target.read_text() + f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode != 0 and f"{contract}" in result.stdout and "BROKEN" in result.stdout


def machines():
    return {m.machine.name: m.machine for m in apps.get_models() if hasattr(m, "machine")}


@pytest.mark.parametrize("name", sorted(machines()))
def test_every_machine_is_sound_drawn_and_its_actions_are_somebodys(name):
    from command_center.core.roles import ACTIONS

    machine = machines()[name]
    assert machine.problems() == []
    assert {move.action for move in machine.moves} <= ACTIONS
    drawn = ROOT / "docs" / "states" / f"{name}.md"
    assert machine.mermaid() in drawn.read_text(), f"draw it again: manage.py draw_states ({drawn.name})"


def test_every_task_has_a_queue_and_every_beat_entry_names_a_real_task():
    from command_center.celery import app

    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert ours
    for name in ours:
        options = app.amqp.router.route({}, name)
        assert options["queue"].name in {"now", "poll", "bulk"}, name
    routed = app.conf.task_routes
    import fnmatch

    unrouted = [n for n in ours if not any(fnmatch.fnmatch(n, pattern) for pattern in routed)]
    assert unrouted == []
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(ours)


def test_every_parameter_has_a_unit_and_a_reason():
    from command_center.core.parameters import PARAMETERS

    assert PARAMETERS
    assert [p.name for p in PARAMETERS.values() if not (p.unit and p.reason and p.label)] == []


def test_no_request_handler_publishes_a_task():
    """A frozen broker would hold the person who waits (measured: over 40 s); the relay publishes instead."""
    allowed = {"relay.py", "tasks.py"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path.name not in allowed and "benches" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"delay", "apply_async", "send_task"}
    ]
    assert found == []


def test_domain_code_never_reads_the_clock():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if "domain" in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "monotonic"}
    ]
    assert found == []


def test_no_migration_is_missing():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


test_no_migration_is_missing = pytest.mark.django_db(test_no_migration_is_missing)


def committed():
    """The files of the project, by git where it is there, else all that is not ignored."""
    if shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout
        return [name for name in listed.split("\0") if name]
    made = {"var", "node_modules", "__pycache__", ".git", ".hypothesis", ".ruff_cache", ".mypy_cache"}
    found = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
    return [str(p) for p in found if not made & set(p.parts) and p.suffix != ".mo"]


def test_the_project_speaks_only_of_itself():
    """No path of a machine and no registry host in what is committed."""
    names = [name for name in committed() if not name.endswith((".png", ".jpg", ".svg"))]
    # written so that this file does not find itself
    foreign = re.compile(
        r'(?<![\w"$}/.*])/(?:w[o]rk|r[o]ot)/|registry\.npm[j]s\.org|py[p]i\.org|deb\.deb[i]an\.org'
    )
    found = []
    for name in names:
        path = ROOT / name
        if path.is_file():
            text = path.read_text(errors="replace")
            found += [f"{name}: {hit}" for hit in foreign.findall(text)]
    assert found == []
