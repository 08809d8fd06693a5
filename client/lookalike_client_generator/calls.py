"""calls.py: a function for each operation."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from lookalike_client_generator.operations import Operation, Parameter

_IMPORTS = """
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lookalike_client import models
from lookalike_client.call import EVENTS, NOTHING, PICTURE, TEXT, Call, reads
from lookalike_client.values import FileInput, JobEvent, JsonText, Picture

"""


def calls_module(operations: Sequence[Operation]) -> str:
    """The source of calls.py, without its docstring."""
    functions = [_function(operation) for operation in operations]
    functions += [_csv_function(operation) for operation in operations if operation.has_csv]
    return _IMPORTS + "\n\n".join(functions) + "\n"


def _function(operation: Operation) -> str:
    return _source(operation, operation.name, operation.result, _readers(operation), operation.path)


def _csv_function(operation: Operation) -> str:
    paged = {"cursor", "limit"}
    kept = tuple(p for p in operation.parameters if p.argument not in paged)
    whole = Operation(**{**vars(operation), "parameters": kept})
    readers = '{200: TEXT}, accept="text/csv"'
    return _source(whole, f"{operation.name}_csv", "str", readers, operation.path)


def _readers(operation: Operation) -> str:
    return f"{{{', '.join(f'{status}: {read}' for status, read in operation.replies.items())}}}"


def _source(operation: Operation, name: str, result: str, readers: str, path: str) -> str:
    places = {
        "path": "path",
        "query": "query",
        "header": "headers",
        "form": "form",
        "file": "files",
    }
    lines = [f"def {name}({_signature(operation)}) -> Call[{result}]:", *_docstring(operation)]
    lines += ["    return Call(", f"        {operation.name!r}, {operation.method!r}, {path!r},"]
    lines.append(f"        {readers},")
    for place, keyword in places.items():
        given = [p for p in operation.parameters if p.place == place]
        if given:
            pairs = ", ".join(f"{p.name!r}: {p.argument}" for p in given)
            lines.append(f"        {keyword}={{{pairs}}},")
    if operation.body:
        lines.append("        body=body,")
    lines.append("    )\n")
    return "\n".join(lines)


def _signature(operation: Operation) -> str:
    in_order = [p for p in operation.parameters if p.place == "path"]
    # Those that need not be given, too: a picture is what a search is about.
    in_order += [p for p in operation.parameters if p.place == "file"]
    arguments = [_keyword(parameter) for parameter in in_order]
    if operation.body:
        kinds = [kind for kind in operation.body.split(" | ") if kind != "None"]
        taken = " | ".join([*kinds, "Mapping[str, Any]"])
        arguments.append(
            f"body: {taken}" if operation.body_required else f"body: {taken} | None = None"
        )
    named = [p for p in operation.parameters if p not in in_order]
    if named:
        arguments += ["*", *map(_keyword, named)]
    return ", ".join(arguments)


def _keyword(parameter: Parameter) -> str:
    default = "" if parameter.required else " = None"
    return f"{parameter.argument}: {parameter.type}{default}"


def _docstring(operation: Operation) -> Iterator[str]:
    paragraphs = re.split(r"\n\s*\n", operation.description.strip())
    wrapped = [
        textwrap.fill(" ".join(part.split()), 92, break_long_words=False, break_on_hyphens=False)
        for part in paragraphs
    ]
    summary = f"{operation.summary.rstrip('.')}."
    body = "\n\n".join([summary, *wrapped, f"`{operation.method} {operation.path}`"])
    text = body.replace("\\", "\\\\")
    yield textwrap.indent(f'"""{text}\n"""', "    ", lambda line: bool(line.strip()))
