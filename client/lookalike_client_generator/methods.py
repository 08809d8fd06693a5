"""methods.py: the calls as methods of the synchronous and the asynchronous client."""

from collections.abc import Iterator, Sequence

from lookalike_client_generator.operations import Operation

_IMPORTS = """
from lookalike_client import calls
from lookalike_client.faces import (
    AsyncEvents, AsyncMethod, AsyncPages, AsyncRunner, Events, Method, Pages, Runner,
)

"""


def methods_module(operations: Sequence[Operation]) -> str:
    """The source of methods.py, without its docstring."""
    return "\n".join(
        [
            _IMPORTS,
            "class Calls(Runner):",
            '    """Every call; those with pages as iterators of their items, too."""\n',
            *_methods(operations, ""),
            "\n",
            "class AsyncCalls(AsyncRunner):",
            '    """Every call, to be awaited; pages and events as asynchronous iterators."""\n',
            *_methods(operations, "Async"),
            "",
        ]
    )


def _methods(operations: Sequence[Operation], prefix: str) -> Iterator[str]:
    for operation in operations:
        kind = "Events" if operation.has_events else "Method"
        yield f"    {operation.name} = {prefix}{kind}(calls.{operation.name})"
        if operation.has_pages:
            items = f"iterate_{operation.name.removeprefix('list_')}"
            yield f"    {items} = {prefix}Pages(calls.{operation.name})"
        if operation.has_csv:
            yield f"    {operation.name}_csv = {prefix}Method(calls.{operation.name}_csv)"
