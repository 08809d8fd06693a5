#!/bin/sh
# `milvus run standalone`, as compose.yaml has it. The wheel's launcher takes other arguments and
# brings its own etcd, storage and log; all else, the passwords above all, is the compose file's.
set -eu
[ "$*" = "run standalone" ]
unset ETCD_ENDPOINTS MINIO_ADDRESS MINIO_ACCESS_KEY_ID MINIO_SECRET_ACCESS_KEY MQ_TYPE
exec milvus-server --data /var/lib/milvus
