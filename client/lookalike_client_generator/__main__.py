"""`python -m lookalike_client_generator < openapi.json` writes the generated files anew."""

import json
import sys
from pathlib import Path

from lookalike_client_generator.files import render

PACKAGE = Path(__file__).parent.parent / "lookalike_client"


def main() -> None:
    """Write every generated file of the client."""
    for name, text in render(json.load(sys.stdin)).items():
        (PACKAGE / name).write_text(text)


if __name__ == "__main__":
    main()
