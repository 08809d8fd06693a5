"""Torchvision's own network in float32: slow, plain, and what the other runtimes must match."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import vgg

from encoder_worker.encode.runtime import Descriptors, Pixels
from encoder_worker.errors import StartupError
from encoder_worker.model.pooling import pool_each
from encoder_worker.model.vgg16 import Weights, feature_indexes
from shared.domain.fingerprint import Pooling
from shared.settings import Settings

_BATCH = 8


class VggFeatures(nn.Module):
    """`vgg16().features` with its preprocessing: uint8 (n, 224, 224, 3) to (n, 7, 7, 512).

    ReLU and maximum commute with a positive factor, so `scale` (a power of two) times the input
    and the biases gives `scale` times the exact feature map: room for narrow number formats.
    """

    def __init__(
        self, weights: Weights, *, dtype: torch.dtype = torch.float32, scale: float = 1.0
    ) -> None:
        super().__init__()
        self.features = vgg.make_layers(vgg.cfgs["D"], batch_norm=False)
        for index, layer in zip(feature_indexes(), weights.load(), strict=True):
            convolution = self.features[index]
            convolution.weight = nn.Parameter(torch.from_numpy(layer.kernel.copy()))
            convolution.bias = nn.Parameter(torch.from_numpy(layer.bias * np.float32(scale)))
        self.features.to(dtype=dtype, memory_format=torch.channels_last)
        self.dtype = dtype
        self.mean = nn.Buffer(torch.tensor(weights.mean))
        self.factor = nn.Buffer(scale / torch.tensor(weights.deviation))
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        pixels = (pictures.to(torch.float32) - self.mean) * self.factor
        # (n, height, width, channel) seen as (n, channel, height, width) is channels_last as it
        # lies in memory: nothing is moved, here and on the way out.
        maps: Tensor = self.features(pixels.to(self.dtype).permute(0, 3, 1, 2))
        return maps.permute(0, 2, 3, 1)


class TorchRuntime:
    """Eager float32 on the device given."""

    name = "torch"
    precision = "float32"
    streams = 1

    def __init__(self, weights: Weights, settings: Settings, device: str) -> None:
        if settings.precision not in ("auto", "float32"):
            raise StartupError(
                "The torch runtime is the float32 reference; set LOOKALIKE_PRECISION to `float32`."
            )
        self.device = device
        self.weights = weights.name
        self.batch_size = settings.batch_size or _BATCH
        self._network = VggFeatures(weights).to(device)

    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        with torch.inference_mode():
            maps = self._network(torch.from_numpy(np.stack(pictures)).to(self.device))
            descriptors: Descriptors = pool_each(maps, poolings, torch).cpu().numpy()
        return descriptors
