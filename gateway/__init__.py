"""The HTTP service: it checks, queues, asks and answers; it never runs the encoder itself."""

import os

# The products of matrices here take half a millisecond; a second thread of BLAS, on cores that
# encoders keep busy, made that 56. It is read when numpy is loaded, after this.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
