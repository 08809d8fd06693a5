"""`python -m tests.recording OUT.svg 'command' …`: commands in a terminal, as a picture.

Each command runs in a real pseudo-terminal. A progress bar, which is gone at the end, is shown as
it was half-way, above what the command left on the screen.
"""

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

_WIDTH, _HEIGHT = 116, 40
#: How rich draws a line anew.
_REDRAWN = "\r\x1b[2K"
_BAR = re.compile("[\u2800-\u28ff].*━")
_CURSOR = re.compile(r"\x1b\[(\?25[lh]|\d*A|2K)|\r(?!\n)")


def run(command: str) -> str:
    """What a command writes to a terminal, with its escape sequences."""
    pid, terminal = pty.fork()
    if pid == 0:
        size = {"COLUMNS": str(_WIDTH), "LINES": str(_HEIGHT)}
        arguments = shlex.split(command)
        os.execvpe(arguments[0], arguments, {**os.environ, **size, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _HEIGHT, _WIDTH, 0, 0))
    written = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's answer once the other end is closed.
            break
        if not piece:
            break
        written += piece
    os.waitpid(pid, 0)
    return written.decode()


def shown(written: str) -> list[Text]:
    """The bar half-way, if there was one, and the lines that stayed."""
    bars, stayed = list[str](), list[str]()
    for line in re.split(f"{re.escape(_REDRAWN)}|\r?\n", written):
        if "━" not in line:
            stayed.append(_CURSOR.sub("", line))
        elif _BAR.search(line):
            bars.append(_CURSOR.sub("", line))
    half_way = [bars[len(bars) // 2]] if bars else []
    lines = [Text.from_ansi(line) for line in half_way + stayed]
    return [line for line in lines if line.plain.strip()]


def main() -> None:
    """Write the picture of the commands."""
    out, *commands = sys.argv[1:]
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=_WIDTH, file=nowhere, force_terminal=True)
        for number, command in enumerate(commands):
            console.print(Text.assemble(("$ ", "bold green"), command))
            for line in shown(run(command)):
                console.print(line, soft_wrap=True)
            if number < len(commands) - 1:
                console.print()
        drawn = console.export_svg(title="lookalike")
    # The browser's own font does: a picture needs no network.
    Path(out).write_text(re.sub(r"@font-face\s*\{.*?\}", "", drawn, flags=re.DOTALL))


if __name__ == "__main__":
    main()
