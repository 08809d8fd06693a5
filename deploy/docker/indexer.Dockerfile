# The indexer: scans sources and recovers jobs, on a CPU. Build from the repository's root:
#   docker build -f deploy/docker/indexer.Dockerfile -t lookalike-indexer .

FROM python:3.11.14-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements-indexer.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
    && uv pip sync --no-cache --compile-bytecode --python /opt/venv/bin/python \
        --require-hashes /tmp/requirements.lock \
    && uv pip freeze --python /opt/venv/bin/python > /opt/venv/packages.txt
WORKDIR /app
COPY shared shared
COPY indexer indexer
COPY deploy/__init__.py deploy/
COPY deploy/docker/__init__.py deploy/docker/healthcheck.py deploy/docker/
RUN python -m compileall -q .

FROM python:3.11.14-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin lookalike \
    && install -d -m 1777 /data /data/uploads /data/exports
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOOKALIKE_DATA_DIR=/data \
    LOOKALIKE_LOG_FORMAT=json
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Lookalike indexer" \
      org.opencontainers.image.description="Scans sources of pictures for Lookalike, a reverse image search" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11.14-slim-bookworm"
WORKDIR /app
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-m", "deploy.docker.healthcheck", "scan"]
ENTRYPOINT ["tini", "--"]
CMD ["celery", "-A", "indexer.tasks", "worker", "-n", "indexer@%h", "-Q", "scan", "-P", "threads", "--without-gossip", "--without-mingle", "-l", "INFO"]
