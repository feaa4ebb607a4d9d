"""What tools/lessons.py reads from a script, and what it sees in a script's output."""

import pytest

from tools.lessons import LESSONS, Lesson, differences, lesson_named, of_the_lesson


def test_differences_are_seen():
    assert differences(["a: ...", "b"], ["a: 7", "b"]) == []
    assert differences(["a"], ["(raylet) a note of Ray's", "a"]) == []
    assert len(differences(["a", "b"], ["a", "c"])) == 1
    assert len(differences(["a"], ["a", "unannounced"])) == 1
    assert len(differences(["a", "b"], ["a"])) == 1


@pytest.mark.parametrize(
    "line",
    ["(raylet) a note", "\x1b[33m(raylet)\x1b[0m a note", "(add pid=7) printed", "(add pid=7, ip=10.0.0.1) printed"],
)
def test_lines_of_rays_other_processes_are_not_the_lessons(line):
    assert of_the_lesson(f"{line}\na result") == ["a result"]


def test_a_line_in_parentheses_is_the_lessons():
    assert of_the_lesson("(1, 2)") == ["(1, 2)"]


def test_a_lesson_is_found_by_its_name():
    assert lesson_named("O1_tiny_demo") == LESSONS[0]


def test_header_and_expected_lines_are_read(tmp_path):
    path = tmp_path / "script.py"
    path.write_text('"""Title: claim.\n\nTime:  3 minutes\n"""\nprint(1)\n# -> 1\n    # -> two words\n')
    script = Lesson(path)
    assert (script.title, script.header("Time"), script.expected) == ("Title", "3 minutes", ["1", "two words"])


def test_a_missing_header_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"O1_tiny_demo\.py has no line 'Price:'"):
        lesson_named("O1_tiny_demo").header("Price")
