"""What a decoder's process gives up before it sees the first picture.

The limits of the process hold everywhere: memory, no new file descriptor (so neither a file nor a
socket can be opened), no core dump. Landlock, where the kernel has it, takes
away the file system, TCP, abstract sockets, and signals and ptrace to other processes as well;
seccomp all system calls but those that decoding makes.
"""

import resource

from shared.sandbox.syscalls import NoSyscallFilter, prepare_filter


def confine(memory_bytes: int) -> str:
    """Give up what decoding does not need; returns what does not hold and why, a line each.

    The process must have one thread, and have loaded all that decoding needs.
    """
    missing = []
    # In this order: each forbids what those before it need.
    try:
        allowed = prepare_filter()
    except NoSyscallFilter as error:
        allowed = None
        missing.append(f"seccomp: {error}")
    missing.append(_enforce_landlock())
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    if allowed is not None:
        try:
            allowed.load()
        except OSError as error:
            missing.append(f"seccomp: The kernel refuses the filter ({error.strerror}).")
    return "\n".join(filter(None, missing))


def _enforce_landlock() -> str:
    """Enforce a ruleset that allows nothing."""
    try:
        import landlockpy
    except ImportError:
        return "Landlock: The package landlockpy is not installed."
    if landlockpy.abi_version() == 0:
        return "Landlock: The kernel has none (Linux 5.13), or it is not enabled (lsm= at boot)."
    scope = landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET
    with landlockpy.Ruleset(scoped=scope) as ruleset:
        ruleset.restrict()
    return ""
