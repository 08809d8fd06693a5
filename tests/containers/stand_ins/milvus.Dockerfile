# The Milvus server that its makers publish as a wheel, with etcd and storage of its own.
FROM python:3.11.14-slim-bookworm
ARG MILVUS
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir "milvus==$MILVUS" "setuptools<81"
COPY milvus.sh /usr/local/bin/milvus
