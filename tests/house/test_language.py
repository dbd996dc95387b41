"""English code that a Norwegian letter cannot break, and files named after ideas."""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

from support import source
from support.source import APP, SANDBOX, TESTS

#: names that say where a file stands in a pattern, not what it is about
NO_IDEA = {"utils", "util", "helpers", "helper", "common", "service", "services", "manager", "managers", "misc", "base_service", "core"}
UNFINISHED = ("TODO", "FIXME", "XXX", "HACK")


def test_identifiers_are_ascii() -> None:
    found = [
        f"{source.shown(path)}:{token.start[0]} {token.string}"
        for path in source.files(APP, SANDBOX, TESTS)
        if not _text(path).isascii()  # most files are: taking one apart costs more than all else here
        for token in _names(path)
        if not token.string.isascii()
    ]
    assert found == [], "æ, ø and å belong in texts; an identifier is English, by docs/glossary.md"


def test_files_are_named_after_ideas() -> None:
    found = [source.shown(path) for path in source.files(APP, SANDBOX, TESTS) if path.stem in NO_IDEA or path.parent.name in NO_IDEA]
    assert found == [], "name the idea: what would you look for if you did not know this file?"


def test_nothing_is_left_unfinished() -> None:
    suspects = [(path, word) for path in source.files(APP, SANDBOX) for word in UNFINISHED if word in _text(path)]
    found = [f"{source.shown(path)}: {word}" for path, word in suspects if word in _comments(path)]
    found += [
        f"{source.shown(path)}:{node.lineno} raises NotImplementedError"
        for path in source.files(APP, SANDBOX)
        if "NotImplementedError" in _text(path)
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.dump(node.exc)
    ]
    assert found == []


def test_exceptions_say_that_they_are_errors() -> None:
    found = [
        f"{source.shown(path)} {node.name}"
        for path in source.files(APP, SANDBOX)
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.ClassDef)
        and any(source.dotted(base).rsplit(".", 1)[-1].endswith(("Error", "Exception")) for base in node.bases)
        and not node.name.endswith("Error")
    ]
    assert found == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _names(path: Path) -> list[tokenize.TokenInfo]:
    return [token for token in _tokens(path) if token.type == tokenize.NAME]


def _comments(path: Path) -> str:
    return " ".join(token.string for token in _tokens(path) if token.type == tokenize.COMMENT)


def _tokens(path: Path) -> list[tokenize.TokenInfo]:
    with path.open("rb") as lines:
        return list(tokenize.tokenize(lines.readline))
