# The gateway and its page. No torch, no Node, no compiler. Build from the repository's root:
#   docker build -f deploy/docker/gateway.Dockerfile -t lookalike-gateway .

FROM node:22.21.1-bookworm-slim AS page
WORKDIR /build/gateway/web
COPY gateway/web/package.json gateway/web/package-lock.json gateway/web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY gateway/web ./
RUN npm run build

FROM python:3.11.14-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements-gateway.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
    && uv pip sync --no-cache --compile-bytecode --python /opt/venv/bin/python \
        --require-hashes /tmp/requirements.lock \
    && uv pip freeze --python /opt/venv/bin/python > /opt/venv/packages.txt
WORKDIR /app
COPY shared shared
COPY gateway gateway
RUN rm -r gateway/web && python -m compileall -q .

FROM python:3.11.14-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libseccomp2 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin lookalike \
    && install -d -m 1777 /data /data/uploads /data/exports /spool
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
COPY --from=page /build/gateway/web/dist /app/gateway/web/dist
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TMPDIR=/spool \
    LOOKALIKE_DATA_DIR=/data \
    LOOKALIKE_LOG_FORMAT=json
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Lookalike gateway" \
      org.opencontainers.image.description="HTTP API and web page of Lookalike, a reverse image search" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11.14-slim-bookworm"
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["uvicorn", "--factory", "gateway.app:create_app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header", "--no-proxy-headers", "--timeout-graceful-shutdown", "10"]
