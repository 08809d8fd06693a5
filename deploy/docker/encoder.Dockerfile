# The encoder, for loads and for queries. Build from the repository's root:
#   docker build -f deploy/docker/encoder.Dockerfile -t lookalike-encoder:0.1.0-cpu .
#   docker build -f deploy/docker/encoder.Dockerfile -t lookalike-encoder:0.1.0-gpu --build-arg HARDWARE=gpu .
# The image for CPUs holds OpenVINO and neither torch nor CUDA, which the image for GPUs is made of.
# The command is a load's encoder; a query encoder is the same with `-n query@%h -Q query`.

ARG HARDWARE=cpu

FROM python:3.11.14-slim-bookworm AS packages
ARG HARDWARE
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements-encoder-${HARDWARE}.lock /tmp/requirements.lock
# No bytecode: torch's and CUDA's would add hundreds of megabytes for a second at the start.
RUN python -m venv --without-pip /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /tmp/requirements.lock \
    && uv pip freeze --python /opt/venv/bin/python > /opt/venv/packages.txt
WORKDIR /app
COPY shared shared
COPY encoder_worker encoder_worker
COPY deploy/__init__.py deploy/
COPY deploy/docker/__init__.py deploy/docker/healthcheck.py deploy/docker/

FROM python:3.11.14-slim-bookworm
ARG HARDWARE
# torch.compile builds small C stubs on a GPU host's first start, hence gcc in that image.
RUN apt-get update \
    && if [ "$HARDWARE" = gpu ]; then apt-get install -y --no-install-recommends gcc libc6-dev; fi \
    && apt-get install -y --no-install-recommends libseccomp2 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin lookalike \
    && install -d -m 1777 /data /data/uploads /locks /weights
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video \
    TORCHINDUCTOR_CACHE_DIR=/data/cache/inductor \
    TRITON_CACHE_DIR=/data/cache/triton \
    LOOKALIKE_DATA_DIR=/data \
    LOOKALIKE_LOCK_DIR=/locks \
    LOOKALIKE_LOG_FORMAT=json
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Lookalike encoder" \
      org.opencontainers.image.description="VGG16 encoder of Lookalike, a reverse image search" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11.14-slim-bookworm" \
      lookalike.hardware="$HARDWARE"
WORKDIR /app
USER 10001:10001
# On a GPU the network is compiled before the first heartbeat.
HEALTHCHECK --interval=15s --timeout=10s --start-period=300s --retries=3 \
    CMD ["python", "-m", "deploy.docker.healthcheck", "encode"]
ENTRYPOINT ["tini", "--"]
CMD ["celery", "-A", "encoder_worker.tasks", "worker", "-n", "encoder@%h", "-Q", "encode", "-P", "threads", "--without-gossip", "--without-mingle", "-l", "INFO"]
