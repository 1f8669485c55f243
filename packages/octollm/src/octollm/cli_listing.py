"""What a command does, in its own words, without importing it: the list of all commands is shown
in a moment, however much each of them needs."""

from __future__ import annotations

import ast
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

_SAID = ("short_help", "help")
"""Arguments of `click.command` and `click.group` that count before the docstring."""


def help_of(command: EntryPoint) -> str | None:
    """Return what the source of a command says of it; None where that cannot be read.

    A command is read where it is defined, as a decorated function of the module that is named.
    """
    try:
        spec = find_spec(command.module)
    except Exception:  # a package's own __init__ may raise anything
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        module = ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == command.attr and node.decorator_list:
            return _said(node)
    return None


def _said(function: ast.FunctionDef) -> str | None:
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not _makes_command(decorator.func):
            continue
        for keyword in decorator.keywords:
            if keyword.arg in _SAID and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return ast.get_docstring(function)


def _makes_command(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr in ("command", "group")
