"""CPU quotas of control groups, versions 1 and 2."""

import os
from pathlib import Path

import pytest

from encoder_worker.encode import cpu_quota, openvino
from encoder_worker.encode.cpu_quota import available_cpus


def groups(folder: Path, own: str, **files: str) -> tuple[Path, Path]:
    """A tree of control groups, and this process's place in it."""
    for name, text in files.items():
        path = folder / "cgroup" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "self").write_text(own)
    return folder / "cgroup", folder / "self"


@pytest.mark.parametrize(("text", "quota"), [("150000 100000\n", 1.5), ("max 100000\n", None)])
def test_version_2_in_a_container(tmp_path: Path, text: str, quota: float | None) -> None:
    assert cpu_quota.cpu_quota(*groups(tmp_path, "0::/\n", **{"cpu.max": text})) == quota


@pytest.mark.parametrize(("text", "quota"), [("50000\n", 0.5), ("-1\n", None)])
def test_version_1_in_a_container(tmp_path: Path, text: str, quota: float | None) -> None:
    # The path is the host's, and does not exist inside.
    files = {"cpu__cpu.cfs_quota_us": text, "cpu__cpu.cfs_period_us": "100000\n"}
    own = "3:cpu,cpuacct:/docker/0123\n0::/docker/0123\n"
    assert cpu_quota.cpu_quota(*groups(tmp_path, own, **files)) == quota


def test_the_strictest_of_all_groups_above_counts(tmp_path: Path) -> None:
    files = {
        "a__cpu.max": "200000 100000",
        "a__b__cpu.max": "max 100000",
        "a__b__c__cpu.max": "300000 100000",
        "other__cpu.max": "1000 100000",
    }
    assert cpu_quota.cpu_quota(*groups(tmp_path, "0::/a/b/c\n", **files)) == 2


def test_no_groups_are_no_quota(tmp_path: Path) -> None:
    assert cpu_quota.cpu_quota(tmp_path / "none", tmp_path / "none") is None


@pytest.mark.parametrize(("quota", "cpus"), [(None, 8), (0.2, 1), (1.5, 2), (4.0, 4), (64.0, 8)])
def test_cpus_are_the_quota_within_the_affinity(
    monkeypatch: pytest.MonkeyPatch, quota: float | None, cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(cpu_quota, "cpu_quota", lambda: quota)
    assert available_cpus() == cpus


def test_openvino_is_limited_where_there_is_a_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(openvino, "available_cpus", lambda: 3)
    limits = {"INFERENCE_NUM_THREADS": "3", "ENABLE_CPU_PINNING": "NO"}
    assert openvino.thread_limits() == limits
    monkeypatch.setattr(openvino, "available_cpus", lambda: 8)
    assert openvino.thread_limits() == {}
