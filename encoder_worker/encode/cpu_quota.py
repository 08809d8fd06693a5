"""How many CPUs this process may use: its affinity and its control group's quota.

`docker run --cpus` sets a quota (CFS bandwidth control) that os.cpu_count() and the affinity mask
do not show. https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files and
https://docs.kernel.org/scheduler/sched-bwc.html
"""

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def available_cpus() -> int:
    """CPUs that this process can keep busy, at least 1; a quota of 1.5 counts as 2."""
    allowed = len(os.sched_getaffinity(0))
    quota = cpu_quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def cpu_quota(cgroups: Path = _CGROUPS, own_groups: Path = _OWN_GROUPS) -> float | None:
    """The strictest quota of this process's control groups, in CPUs; None where there is none."""
    found = [
        quota
        for folder in _folders(cgroups, own_groups)
        if (quota := _quota_v2(folder) or _quota_v1(folder)) is not None
    ]
    return min(found, default=None)


def _folders(cgroups: Path, own_groups: Path) -> list[Path]:
    """Where quotas may stand: of each hierarchy this process's group and all above it.

    In a container the paths of /proc/self/cgroup may be the host's; the hierarchy's root is then
    the container's own group, which is always among these.
    """
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        lines = []
    folders = [cgroups, cgroups / "cpu"]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = cgroups / "cpu" if controllers else cgroups
        group = root / path.lstrip("/")
        folders += [group, *(parent for parent in group.parents if parent.is_relative_to(root))]
    return list(dict.fromkeys(folders))


def _quota_v2(folder: Path) -> float | None:
    """`cpu.max` holds `max 100000` or `150000 100000`: microseconds per period."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(folder: Path) -> float | None:
    """Version 1 has a file for each of the two; a quota of -1 is none."""
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if quota < 0 or period <= 0 else quota / period
