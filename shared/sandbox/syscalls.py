"""The system calls that a decoder may still make, enforced by seccomp.

Names as in syscalls(2); those that a machine does not have are left out. All others fail with
EPERM: a library that tries one for speed takes its slower way, and gains nothing by it.
"""

import errno
import fcntl
from typing import Any

#: Memory; the socket to the parent; threads of this process; its own signals; time; its end.
#: getcwd is for Pillow, which asks for it whenever it saves.
_ALLOWED = """
    brk madvise mmap mmap2 mprotect mremap munmap membarrier
    read readv write writev recvfrom recvmsg sendto sendmsg poll ppoll select pselect6 close
    shutdown fstat fstat64 lseek
    futex futex_time64 get_robust_list set_robust_list rseq set_tid_address set_thread_area
    arch_prctl prctl sched_yield sched_getaffinity getcpu gettid getpid getppid
    rt_sigaction rt_sigprocmask rt_sigreturn sigreturn sigaltstack setitimer getitimer
    clock_gettime clock_gettime64 clock_getres clock_nanosleep nanosleep gettimeofday time
    getrandom getrusage sysinfo getcwd restart_syscall exit exit_group
"""
_CLONE_THREAD = 0x00010000  # sched.h


class NoSyscallFilter(Exception):
    """The filter cannot be had here; the text says why."""


def prepare_filter() -> Any:
    """The filter, whose `load()` enforces it on this process for good. Raises NoSyscallFilter."""
    try:
        import pyseccomp
    except ImportError:
        raise NoSyscallFilter("The package pyseccomp is not installed.") from None
    except RuntimeError:
        raise NoSyscallFilter(
            "There is no libseccomp (on Debian: apt install libseccomp2)."
        ) from None
    found = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in _ALLOWED.split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
            found.add_rule(pyseccomp.ALLOW, name)
    # Not F_SETOWN: the kernel would signal another process for this one.
    for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL):
        found.add_rule(pyseccomp.ALLOW, "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, command))
    # A thread, but no process. The C library tries clone3 first, whose flags no filter can see.
    thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
    found.add_rule(pyseccomp.ALLOW, "clone", thread)
    found.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return found
