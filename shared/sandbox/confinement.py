"""What a decoder's process gives up before it sees the first picture.

The limits of the process hold everywhere: memory, no new file descriptor (so neither a file nor a
socket can be opened), no core dump. Landlock, where the kernel has it, takes
away the file system, TCP, abstract sockets, and signals and ptrace to other processes as well.
"""

import resource


def confine(memory_bytes: int) -> str:
    """Give up what decoding does not need; returns why Landlock does not hold, or nothing.

    The process must have one thread, and have loaded all that decoding needs.
    """
    # First, for a ruleset is a file descriptor.
    missing = _enforce_landlock()
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    return missing


def _enforce_landlock() -> str:
    """Enforce a ruleset that allows nothing."""
    try:
        import landlockpy
    except ImportError:
        return "The package landlockpy is not installed."
    if landlockpy.abi_version() == 0:
        return "The kernel has no Landlock (Linux 5.13), or it is not enabled (lsm= at boot)."
    scope = landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET
    with landlockpy.Ruleset(scoped=scope) as ruleset:
        ruleset.restrict()
    return ""
