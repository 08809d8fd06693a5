"""Usage: python -m deploy.local.embedded_milvus --data-dir D --host 127.0.0.1 --port P"""

import argparse
import logging

from milvus_lite.adapter.grpc.server import run_server

from deploy.local.embedded_milvus.server import install


def main() -> None:
    """Serve until SIGINT or SIGKILL; either loses nothing."""
    parser = argparse.ArgumentParser(description="milvus-lite for large collections")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    install()
    run_server(options.data_dir, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
