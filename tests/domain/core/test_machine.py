"""A table says what is wrong with itself."""

from command_center.core.machine import Machine, move


def machine(*moves, states="abc", final="c"):
    return Machine("m", frozenset(states), "a", frozenset(final), tuple(moves))


def test_a_sound_table_has_no_problems():
    assert machine(move("go", "a", "b", "x"), move("end", "b", "c", "x")).problems() == []


def test_problems_are_named_in_words():
    assert "c can never be reached" in machine(move("go", "a", "b", "x")).problems()
    assert "b can never be left and is not final" in machine(move("go", "a", "b", "x")).problems()
    assert "d is not declared" in machine(move("go", "a", "d", "x")).problems()
    assert "go stands twice" in machine(move("go", "a", "b", "x"), move("go", "b", "c", "x")).problems()


def test_the_moves_out_of_a_state_come_in_the_tables_order():
    table = machine(move("second", ["a", "b"], "c", "x"), move("first", "a", "b", "x"))
    assert [m.name for m in table.leaving("a")] == ["second", "first"]


def test_the_drawing_shows_every_move():
    text = machine(move("go", "a", "b", "x", needs_reason=True), move("end", "b", "c", "x")).mermaid()
    assert "a --> b: go (reason)" in text and "c --> [*]" in text
