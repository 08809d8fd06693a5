"""`python -m gateway.export_openapi` prints the OpenAPI schema, without Redis or Milvus."""

import json
import sys

from gateway.app import create_app
from shared.settings import Settings


def main() -> None:
    """Print the schema as JSON."""
    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
