"""How arguments of `./onemap test` become calls of pytest, and their statuses one verdict."""

import pytest

from command_center.launch.checks import APART, calls, verdict

IGNORED = [f"--ignore={folder}" for names in APART for folder in names]


@pytest.fixture
def base(tmp_path):
    for path in (
        "tests/core/test_audit.py",
        "tests/browser/test_wall.py",
        "tests/live/test_wire.py",
        "audit",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def arguments(made):
    return [call for call, _ in made]


def test_without_arguments_everything_runs_and_some_of_it_apart(base):
    assert arguments(calls([], base)) == [[*IGNORED, "tests"], ["tests/browser"], ["tests/live"]]


def test_only_the_browser_call_may_use_the_database_beside_playwrights_loop(base):
    plain, browser, waiting = calls([], base)
    assert plain[1] == waiting[1] == {} and browser[1] == {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}


def test_a_path_goes_to_its_own_call_only(base):
    assert arguments(calls(["tests/browser/test_wall.py::test_x", "-x"], base)) == [
        ["-x", "tests/browser/test_wall.py::test_x"]
    ]
    assert arguments(calls(["tests/core", "-q"], base)) == [["-q", *IGNORED, "tests/core"]]
    assert arguments(calls(["tests/live/test_wire.py"], base)) == [["tests/live/test_wire.py"]]


def test_a_folder_that_holds_others_goes_to_each(base):
    assert arguments(calls(["tests"], base)) == [[*IGNORED, "tests"], ["tests/browser"], ["tests/live"]]


def test_the_value_of_an_option_is_no_path_even_if_a_file_has_its_name(base):
    assert arguments(calls(["-k", "audit", "-x"], base)) == [
        ["-k", "audit", "-x", *IGNORED, "tests"],
        ["-k", "audit", "-x", "tests/browser"],
        ["-k", "audit", "-x", "tests/live"],
    ]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([0, 0], 0),
        ([0, 1], 1),
        ([1, 0], 1),
        ([5, 0], 0),
        ([0, 5], 0),
        ([5, 5], 5),
        ([5, 1], 1),
        ([5], 5),
        ([2, 1], 2),
    ],
)
def test_the_worse_status_counts_and_an_empty_call_does_not(statuses, status):
    assert verdict(statuses) == status
