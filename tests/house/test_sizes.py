"""A file one can read in one sitting, a function one can see at once. The guide is 300 and 50 lines; these are the hard stops."""

from __future__ import annotations

from support import source

FILE_MAX = 400
FUNCTION_MAX = 55
JOB_MAX = 20


def test_no_file_is_longer_than_one_can_read_in_one_sitting() -> None:
    long = {
        source.shown(path): lines
        for path in source.files(source.APP, source.SANDBOX)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_MAX
    }
    assert long == {}, f"more than {FILE_MAX} lines: find the second idea in the file and give it a name of its own"


def test_no_function_is_longer_than_one_can_see_at_once() -> None:
    long = {
        f"{source.shown(path)}:{function.lineno} {function.name}": lines
        for path in source.files(source.APP, source.SANDBOX)
        for function in source.functions(path)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_MAX
    }
    assert long == {}, f"more than {FUNCTION_MAX} lines"


def test_a_job_only_opens_the_door() -> None:
    long = {
        f"{source.shown(path)} {function.name}": lines
        for path in source.files(source.APP)
        if path.name == "jobs.py"
        for function in source.functions(path)
        if any(source.dotted(mark.func) == "job" for mark in function.decorator_list if hasattr(mark, "func"))
        and (lines := (function.end_lineno or 0) - function.lineno + 1) > JOB_MAX
    }
    assert long == {}, "a job takes ids, opens a unit of work and calls the room's own function: rules belong in that"
