"""What a decoder's process may still do, tried from within it."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.decoder import network_view
from shared.errors import PictureError
from shared.sandbox.pool import DecoderPool
from shared.sandbox.syscalls import NoSyscallFilter, prepare_filter
from tests.decoding import LIMITS
from tests.hostile_decoders import MODULE, RIGHTS


@pytest.fixture
def rights(tmp_path: Path) -> set[str]:
    """What a decoder could do to a folder, to the network and to its parent."""
    (tmp_path / "secret").write_text("secret")
    pool = DecoderPool(LIMITS, 1, MODULE)
    with pytest.raises(PictureError) as failure:
        pool.decode(RIGHTS + os.fsencode(tmp_path), network_view())
    pool.close()
    return set(failure.value.detail.split())


def test_no_file_or_socket_can_be_opened(rights: set[str]) -> None:
    assert rights.isdisjoint({"read", "connect", "pipe"})


def test_landlock_takes_files_and_signals_where_the_kernel_has_it(rights: set[str]) -> None:
    if not _has_landlock():
        pytest.skip("this kernel has no Landlock, or landlockpy is not installed")
    assert rights.isdisjoint({"delete", "create", "signal"})


def test_seccomp_takes_all_other_calls_where_libseccomp_is(rights: set[str]) -> None:
    if not _has_seccomp():
        pytest.skip("libseccomp or pyseccomp is not installed")
    assert rights == set()


def test_a_filter_leaves_threads(tmp_path: Path) -> None:
    """Decoders of some formats compute with several."""
    script = (
        "import threading; from shared.sandbox.confinement import confine; confine(1 << 32);"
        "thread = threading.Thread(target=print, args=('ran',)); thread.start(); thread.join()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"ran\n"


def test_the_log_says_what_confines_the_decoders() -> None:
    pool = DecoderPool(LIMITS, 1)
    with capture_logs() as logs:
        pool.start()
        pool.start()
    pool.close()
    (line,) = logs
    lacking = [
        name
        for name, has in (("seccomp", _has_seccomp()), ("Landlock", _has_landlock()))
        if not has
    ]
    if lacking:
        assert (line["event"], line["log_level"]) == ("decoders_not_confined", "warning")
        assert [said.partition(":")[0] for said in line["lacking"]] == lacking
    else:
        assert (line["event"], line["log_level"]) == ("decoders_confined", "info")


def test_a_kernel_without_filters_is_said() -> None:
    """As in a container whose runtime forbids them: decoders start all the same."""
    script = (
        "from unittest.mock import Mock; import shared.sandbox.confinement as c;"
        "refused = OSError(22, 'Invalid argument');"
        "c.prepare_filter = lambda: Mock(load=Mock(side_effect=refused));"
        "print(c.confine(1 << 32))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"seccomp: The kernel refuses the filter (Invalid argument)." in done.stdout


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(NoSyscallFilter, match="pyseccomp is not installed"):
        prepare_filter()


def _has_landlock() -> bool:
    if find_spec("landlockpy") is None:
        return False
    import landlockpy

    return int(landlockpy.abi_version()) >= 6


def _has_seccomp() -> bool:
    try:
        prepare_filter()
    except NoSyscallFilter:
        return False
    return True
