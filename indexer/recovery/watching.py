"""Watched directories: what was written is loaded within seconds.

Events are hints that may be lost; what a schedule scans is the truth. One indexer watches.
"""

import contextlib
import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from watchfiles import Change, watch

from indexer.recovery.pending_changes import PendingChanges
from indexer.recovery.standing_loads import StandingLoads
from indexer.recovery.watched_folders import is_remote, mounts
from indexer.stores import IndexerStores
from shared.domain.job import DirectorySource
from shared.domain.standing import StandingSource
from shared.log import get_logger, outages
from shared.redis import is_outage, outage_code

_log = get_logger(__name__)

#: Milliseconds: a burst is over after so long without a change, or is cut; how often a folder that
#: gives no events is looked through; how long to wait for changes at once.
_STEP, _DEBOUNCE, _POLL, _WAIT = 200, 2000, 5000, 1000
_REST_SECONDS = 2.0
#: Seconds after which the sources that are to be watched are read again.
_REFRESH_SECONDS = 5.0
_LEASE_SECONDS = 15
#: What the errors of a system say that has no more watches to give.
_LIMITS = ("watch limit", "too many open files", "no space left")


_Changes = Generator[set[tuple[Change, str]], None, None]


class _Watched(NamedTuple):
    """A standing source, and the directory that it is."""

    standing: StandingSource
    directory: DirectorySource


class Watching:
    """Two daemon threads: one for folders whose system tells of changes, one that looks for them.

    Files on network file systems give no events of what other machines write, and a system gives
    so many watches only: the log says `watch_limit_reached`, and those folders are looked through.
    """

    def __init__(self, stores: IndexerStores, indexer_id: str) -> None:
        self._jobs = stores.jobs
        self._sources = stores.standing_sources
        self._loads = StandingLoads(stores)
        self._indexer = indexer_id
        self._stop = threading.Event()
        #: Sources whose folders are more than the system watches.
        self._too_large: set[str] = set()
        self._pending = {False: PendingChanges(), True: PendingChanges()}
        self._threads = [
            threading.Thread(target=self._run, args=(polls,), name=name, daemon=True)
            for name, polls in (("watch", False), ("poll", True))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(timeout=5)
        try:
            self._sources.stop_watching(self._indexer)
        except Exception as error:
            # Another indexer watches once the lease has run out.
            if not is_outage(error):
                raise

    def _run(self, polls: bool) -> None:
        while not self._stop.wait(_REST_SECONDS):
            try:
                sources = self._mine(polls)
                self._pending[polls].keep_only(sources.keys())
                if sources:
                    self._watch(sources, polls)
            except Exception as error:  # noqa: BLE001 - the thread must outlive any error
                if is_outage(error):
                    outages.met(outage_code(error), error)
                else:
                    _log.exception("watch_crashed")

    def _mine(self, polls: bool) -> Mapping[str, _Watched]:
        """The sources to watch in this way now, by their ids."""
        if not self._sources.may_watch(self._indexer, _LEASE_SECONDS):
            return {}
        table, found = mounts(), {}
        watched = self._sources.watched()
        if not polls:
            # One that was paused, say, is tried again.
            self._too_large &= {standing.id for standing in watched}
        for standing in watched:
            directory = standing.source
            if isinstance(directory, DirectorySource) and Path(directory.path).is_dir():
                by_polling = standing.id in self._too_large or is_remote(directory.path, table)
                if by_polling == polls:
                    found[standing.id] = _Watched(standing, directory)
        return found

    def _watch(self, sources: Mapping[str, _Watched], polls: bool) -> None:
        """Watch until there is nothing to watch, or the watch has to begin anew."""
        pending, known = self._pending[polls], set[str]()
        read_again = time.monotonic() + _REFRESH_SECONDS
        changes: _Changes | None = None
        try:
            changes = self._begin(sources, polls)
            while (burst := next(changes, None)) is not None:
                # Nobody looked until now, be it for the seconds since another watch ended.
                pending.add_whole(sources.keys() - known)
                known = set(sources)
                for name, source in sources.items():
                    pending.add(name, _paths(burst))
                    self._load_changed(source, polls)
                if time.monotonic() > read_again:
                    mine = self._mine(polls)
                    if mine != sources:
                        known = {name for name in mine if sources.get(name) == mine[name]}
                        following = self._follow(changes, mine, known, polls) if known else None
                        if following is None:
                            return
                        sources, changes = mine, following
                    read_again = time.monotonic() + _REFRESH_SECONDS
        except OSError as error:
            if _is_limit(error):
                self._poll_one(sources, error)
            else:
                # Such as a folder that vanished while it came to be watched.
                folders = _folders(sources)
                _log.warning("watch_failed", folders=folders, error=str(error)[:200])
        finally:
            if changes is not None:
                changes.close()

    def _begin(self, sources: Mapping[str, _Watched], polls: bool) -> _Changes:
        folders = _folders(sources)
        _log.info("watch_started", folders=folders, polls=polls)
        return self._changes(folders, polls, _WAIT)

    def _follow(
        self, changes: _Changes, mine: Mapping[str, _Watched], known: Collection[str], polls: bool
    ) -> _Changes | None:
        """Watch other sources from now on; None where that is not to be had beside the old watch.

        The old watch ends once the new one stands, so that of those that are `known`, which both
        watch, no change is lost.
        """
        following, pending = self._begin(mine, polls), self._pending[polls]
        try:
            late = next(following, set()) | next(changes, set())
        except OSError:
            following.close()
            return None
        changes.close()
        pending.keep_only(mine.keys())
        for name in known:
            pending.add(name, _paths(late))
        return following

    def _changes(self, paths: Sequence[str], polls: bool, wait: int) -> _Changes:
        """Bursts of changes, and empty ones after each `wait` milliseconds without any."""
        return watch(
            *paths,
            watch_filter=None,
            debounce=_DEBOUNCE,
            step=_STEP,
            rust_timeout=wait,
            yield_on_timeout=True,
            stop_event=self._stop,
            force_polling=polls,
            poll_delay_ms=_POLL,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )

    def _poll_one(self, sources: Mapping[str, _Watched], error: OSError) -> None:
        """Have the first source polled with which, beside those before it, the limit is reached."""
        each = list(sources.values())
        fits = bisect_left(
            range(1, len(each)),
            True,
            key=lambda count: not self._stands(each[:count]),
        )
        self._too_large.add(each[fits].standing.id)
        _log.error(
            "watch_limit_reached",
            folders=[each[fits].directory.path],
            error=str(error)[:200],
            remedy="Raise fs.inotify.max_user_watches. Until then the folder is looked "
            f"through every {_POLL // 1000} seconds.",
        )

    def _stands(self, sources: Sequence[_Watched]) -> bool:
        """Whether the system has watches enough for some sources."""
        paths = sorted({each.directory.path for each in sources})
        try:
            with contextlib.closing(self._changes(paths, polls=False, wait=1)) as changes:
                next(changes, None)
        except OSError as error:
            return not _is_limit(error)
        return True

    def _load_changed(self, source: _Watched, polls: bool) -> None:
        """Load the folder that changes concern; later if the source is loaded now."""
        standing, pending = source.standing, self._pending[polls]
        folder = pending.folder(standing.id, source.directory)
        if folder is None or self._loads.is_running(standing):
            return
        # Long after a change the source may be paused or gone, or another indexer watch.
        if self._mine(polls).get(standing.id) == source:
            part = source.directory.model_copy(update={"path": folder})
            self._start(standing, part, prompt=pending.are_few(standing.id))
            pending.settle(standing.id)

    def _start(self, standing: StandingSource, directory: DirectorySource, *, prompt: bool) -> None:
        job_id = uuid.uuid4().hex
        self._loads.start(standing, job_id, directory, self._jobs.now(), prompt=prompt)
        _log.info("watched_folder_changed", source=standing.id, folder=directory.path, job=job_id)


def _folders(sources: Mapping[str, _Watched]) -> list[str]:
    return sorted({each.directory.path for each in sources.values()})


def _paths(changes: Iterable[tuple[Change, str]]) -> list[str]:
    return [path for _, path in changes]


def _is_limit(error: OSError) -> bool:
    return any(text in str(error).lower() for text in _LIMITS)
