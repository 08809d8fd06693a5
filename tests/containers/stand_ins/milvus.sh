#!/bin/sh
# `milvus run standalone`, as compose.yaml has it. The wheel's launcher takes other arguments, and
# hands the environment on: whether a password is asked for is the compose file's word.
set -eu
[ "$*" = "run standalone" ]
exec milvus-server --data /var/lib/milvus
