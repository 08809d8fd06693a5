"""An encoder process put together: one network, its stores, its sign of life."""

import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from encoder_worker.chunks.processor import ChunkProcessor
from encoder_worker.chunks.stores import open_stores
from encoder_worker.decode.batch import BatchDecoder, decode_in_sandbox, decode_in_threads
from encoder_worker.decode.sandbox import DecoderSandbox
from encoder_worker.encode.devices import Device, choose_device
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.runtime import Workload, create_runtime
from encoder_worker.freed_memory import _trim_memory
from encoder_worker.model.weights import find_weights
from encoder_worker.queries import QueryProcessor
from shared.domain.worker import WorkerInfo
from shared.ledger import Heartbeat, Queries, Workers
from shared.log import get_logger
from shared.queue.routing import ENCODE
from shared.redis import connect
from shared.settings import Settings

_log = get_logger(__name__)

EncoderQueue = Literal["encode", "query"]


def load_encoder(settings: Settings, workload: Workload, device: Device) -> Encoder:
    """The network that the settings ask for, ready to encode. Raises StartupError."""
    began = time.monotonic()
    weights = find_weights(settings)
    runtime = create_runtime(weights, settings, workload, device)
    _log.info(
        "encoder_ready",
        weights=runtime.weights,
        runtime=runtime.name,
        device=runtime.device,
        precision=runtime.precision,
        streams=runtime.streams,
        batch_size=runtime.batch_size,
        seconds=round(time.monotonic() - began, 2),
    )
    return Encoder(runtime)


class Worker:
    """What serves one queue, `encode` or `query`. Loading the network takes seconds.

    Raises StartupError where weights or device cannot be had.
    """

    def __init__(self, settings: Settings, queue: EncoderQueue, name: str) -> None:
        self._stopping = threading.Event()
        self._device = choose_device(settings, queue)
        workload: Workload = "loads" if queue == ENCODE else "queries"
        self._encoder = load_encoder(settings, workload, self._device)
        _trim_memory()
        self._redis = connect(settings)
        self._info = self._describe(queue, name)
        self._threads = ThreadPoolExecutor(
            settings.decode_threads or len(os.sched_getaffinity(0)), thread_name_prefix="decode"
        )
        self._sandbox = DecoderSandbox(settings.max_pixels)
        self._stores = open_stores(settings, self._redis, self._info.id)
        self.chunks = ChunkProcessor(
            settings,
            self._stores,
            self._encoder,
            self._threads,
            self._decoder(settings),
            decode_in_sandbox(self._sandbox),
            self._stopping,
        )
        self.queries = QueryProcessor(settings, Queries(self._redis), self._encoder)
        self._heartbeat = Heartbeat(Workers(self._redis, settings), self._alive, settings)

    def start(self) -> None:
        """Show up among the living."""
        self._heartbeat.start()

    def stop(self) -> None:
        """Give chunks back at their next stage; what is being written is finished."""
        self._stopping.set()

    def close(self) -> None:
        """Leave the living, and everything else. Nobody may work with it any more."""
        self.stop()
        self._heartbeat.stop()
        self._threads.shutdown()
        self._encoder.close()
        self._sandbox.close()
        self._stores.close()
        self._redis.close()
        self._device.release()

    def _decoder(self, settings: Settings) -> BatchDecoder:
        on_cores = decode_in_threads(self._threads, settings.max_pixels)
        if not self._device.is_gpu or self._info.queue != ENCODE:
            return on_cores
        # Imported late: it loads torch and TorchCodec, which a worker on the CPU lives without.
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

    def _alive(self) -> WorkerInfo:
        speed = self._encoder.images_per_second
        return self._info.model_copy(update={"images_per_second": speed})
