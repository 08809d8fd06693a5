"""An encoder process: its network, stores, decoders and heartbeat."""

import ctypes
import gc
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from encoder_worker.chunks.processor import ChunkProcessor
from encoder_worker.chunks.reading import FileReader
from encoder_worker.chunks.stages import Stages
from encoder_worker.chunks.stores import open_stores
from encoder_worker.decode.batch import BatchDecoder, decode_in_pool
from encoder_worker.decode.decoder import region_views
from encoder_worker.encode.cpu_quota import available_cpus
from encoder_worker.encode.devices import choose_device
from encoder_worker.encode.factory import load_encoder
from encoder_worker.encode.gpu_state import GpuSensor
from encoder_worker.encode.runtime import Workload
from encoder_worker.errors import StartupError
from encoder_worker.queries import QueryProcessor
from encoder_worker.query_reader import QueryReader
from shared.domain.worker import WorkerInfo
from shared.errors import DecoderUnavailable
from shared.ledger import EvictionEnabled, Heartbeat, Queries, Workers, require_noeviction
from shared.log import get_logger
from shared.queue import ENCODE, QUERY
from shared.redis import connect
from shared.sandbox.pool import DecoderPool, limits_of
from shared.settings import Settings
from shared.sources import Files

_log = get_logger(__name__)

EncoderQueue = Literal["encode", "query"]


class Worker:
    """Serves one queue, `encode` or `query`. Loading the network takes seconds.

    `failed` is called from a query's thread when the encoder's device has failed.
    Raises StartupError if the weights cannot be loaded or the device is not available.
    """

    def __init__(
        self, settings: Settings, queue: EncoderQueue, name: str, failed: Callable[[], None]
    ) -> None:
        self._stopping = threading.Event()
        self._device = choose_device(settings, queue)
        self._sensor = GpuSensor(self._device.uuid) if self._device.is_gpu else None
        workload: Workload = "loads" if queue == ENCODE else "queries"
        self._encoder = load_encoder(settings, workload, self._device)
        _trim_memory()
        self._redis = connect(settings)
        self._info = self._describe(queue, name)
        lanes = settings.decode_threads or available_cpus()
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="decode")
        self._file_reader = FileReader(Files(settings), settings, self._threads)
        self._decoders = _start_decoders(settings, lanes)
        in_pool = decode_in_pool(self._decoders, self._threads, self._stopping)
        self._stores = open_stores(settings, self._redis, self._info.id)
        stages = Stages(
            settings=settings,
            encoder=self._encoder,
            reader=self._file_reader,
            decode=self._decoder(settings, in_pool),
            decode_suspects=in_pool,
            decode_regions=decode_in_pool(
                self._decoders, self._threads, self._stopping, region_views()
            ),
            stopping=self._stopping,
        )
        self.chunks = ChunkProcessor(stages, self._stores)
        queries = Queries(self._redis)
        self._queries = QueryProcessor(settings, queries, self._encoder, self._decoders)
        weights, answer = self._encoder.weights, self._queries.answer
        self._reader = QueryReader(queries, weights, answer, settings.query_threads, failed)
        workers, held = Workers(self._redis, settings), self._stores.chunks.held
        self._heartbeat = Heartbeat(workers, self._current_info, settings, held)

    def start(self) -> None:
        """Start the heartbeat, which registers this process, and take queries if it serves them.

        To be called once Redis answers.
        Raises StartupError if Redis may evict keys.
        """
        try:
            require_noeviction(self._redis)
        except EvictionEnabled as error:
            raise StartupError(str(error)) from error
        self._heartbeat.start()
        if self._info.queue == QUERY:
            self._reader.start()

    def stop(self) -> None:
        """Release chunks at their next stage; writes in progress are finished."""
        self._stopping.set()
        self._reader.stop()

    def close(self) -> None:
        """Deregister this process and free everything. It cannot be used afterwards."""
        self.stop()
        self._heartbeat.stop()
        self._reader.close()
        self._threads.shutdown()
        self._file_reader.close()
        self._decoders.close()
        self._queries.close()
        self._encoder.close()
        self._stores.close()
        self._redis.close()
        self._device.release()

    def _decoder(self, settings: Settings, on_cores: BatchDecoder) -> BatchDecoder:
        if not self._device.is_gpu or self._info.queue != ENCODE:
            return on_cores
        # Imported late: it loads torch and TorchCodec, which a worker on a CPU does not need.
        import torch

        from encoder_worker.decode.gpu import faster_decoder

        return faster_decoder(on_cores, torch.device(self._device.name), settings.max_pixels)

    def _describe(self, queue: str, name: str) -> WorkerInfo:
        runtime = self._encoder.runtime
        return WorkerInfo(
            id=uuid.uuid4().hex,
            name=name,
            queue=queue,
            device=runtime.device,
            runtime=runtime.name,
            precision=runtime.precision,
            weights=self._encoder.weights,
            started_at=time.time(),
        )

    def _current_info(self) -> WorkerInfo:
        speed = self._encoder.images_per_second
        gpu = self._sensor.read() if self._sensor else None
        return self._info.model_copy(update={"images_per_second": speed, "gpu": gpu})


def _start_decoders(settings: Settings, lanes: int) -> DecoderPool:
    decoders = DecoderPool(limits_of(settings), lanes)
    try:
        decoders.start()
    except DecoderUnavailable as error:
        decoders.close()
        raise StartupError(error.detail) from error
    return decoders


def _trim_memory() -> None:
    """Return to the system the memory that loading a network no longer uses.

    Reference cycles hold the loaded weights until Python's next full collection, which is rare, and
    glibc returns only free pages at the end of its heap (malloc_trim(3)). Other C libraries have no
    such call.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
