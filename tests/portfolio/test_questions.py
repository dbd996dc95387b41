from __future__ import annotations

import ast

from app.portfolio.standstills import ASKING
from support.source import APP


def test_every_question_the_engine_asks_is_known_to_the_work_list() -> None:
    asked = set()
    for name in ("standing.py", "ladder.py", "engine.py"):
        for node in ast.walk(ast.parse((APP / "dunning" / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ask":
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "because":
                        asked |= {word.value for word in inner.args if isinstance(word, ast.Constant)}
    assert len(asked) > 8
    assert asked <= set(ASKING)
