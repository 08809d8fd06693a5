"""The gateway's operations, independent of HTTP."""
