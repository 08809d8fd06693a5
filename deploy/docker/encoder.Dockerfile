# The encoder, for loads and for queries, on GPUs and CPUs: PyPI's torch carries CUDA, and falls back
# to the CPU where there is no GPU. Build from the repository's root:
#   docker build -f deploy/docker/encoder.Dockerfile -t lookalike-encoder .
# The command is a load's encoder; a query encoder is the same with `-n query@%h -Q query`.

FROM python:3.11.14-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements-encoder.lock /tmp/requirements.lock
# No bytecode: torch's and CUDA's would add hundreds of megabytes for a second at the start.
RUN python -m venv --without-pip /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /tmp/requirements.lock
WORKDIR /app
COPY shared shared
COPY encoder_worker encoder_worker
COPY deploy/__init__.py deploy/
COPY deploy/docker/__init__.py deploy/docker/healthcheck.py deploy/docker/

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Lookalike encoder" \
      org.opencontainers.image.description="VGG16 encoder of Lookalike, a reverse image search" \
      org.opencontainers.image.licenses="Apache-2.0"
# torch.compile builds small C stubs on a GPU host's first start, hence gcc in the final image.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin lookalike \
    && install -d -o lookalike -g lookalike /data /data/uploads /locks
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video \
    TORCHINDUCTOR_CACHE_DIR=/data/cache/inductor \
    TRITON_CACHE_DIR=/data/cache/triton \
    LOOKALIKE_DATA_DIR=/data \
    LOOKALIKE_LOCK_DIR=/locks \
    LOOKALIKE_LOG_FORMAT=json
WORKDIR /app
USER 10001:10001
# Weights may have to be downloaded and the network compiled before the first sign of life.
HEALTHCHECK --interval=15s --timeout=10s --start-period=300s --retries=3 \
    CMD ["python", "-m", "deploy.docker.healthcheck", "encode"]
ENTRYPOINT ["tini", "--"]
CMD ["celery", "-A", "encoder_worker.tasks", "worker", "-n", "encoder@%h", "-Q", "encode", "-P", "threads", "-c", "3", "--without-gossip", "--without-mingle", "-l", "INFO"]
