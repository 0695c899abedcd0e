"""Context of all measurements: device, sizes, inputs, and the device's limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gpu.inputs import TINY, Inputs
from benchmarks.gpu.record import Precision, Row, Timed, multiplying_in, timed

PRECISIONS: tuple[Precision, ...] = ("fp32", "tf32", "bf16")


@dataclass(frozen=True)
class Sizes:
    """Sizes of the measurements.

    models: architectures for encoding, with the number of images and texts. compared: how many of these are also
    embedded on the CPU. compiler: backend of torch.compile. training: architecture, pairs, batch sizes. sweep:
    architecture, articles. plain_alphas: α at which the obvious sweep is measured, to extrapolate to 101. ranked: texts
    and images. checked: pairs in a step compared with the CPU. product: rows of the matrices that give the limits.
    """

    models: tuple[tuple[str, int], ...]
    compared: tuple[int, ...]
    compiler: str
    training: tuple[str, int, tuple[int, ...]]
    sweep: tuple[str, int]
    plain_alphas: tuple[float, ...]
    ranked: int
    checked: int
    product: int

    @property
    def photos(self) -> int:
        """Largest number of photographs that a measurement needs."""
        return max(self.training[1], self.sweep[1], self.checked, *(count for _, count in self.models))


FULL = Sizes(
    models=(("ViT-B-32", 4096), ("ViT-L-14", 1024)),
    compared=(256, 32),
    compiler="inductor",
    training=("ViT-B-32", 4096, (128, 256)),
    sweep=("ViT-B-32", 1000),
    plain_alphas=(0.0, 0.5),
    ranked=50_000,
    checked=32,
    product=8192,
)
QUICK = Sizes(
    models=((TINY, 24),),
    compared=(8,),
    compiler="eager",
    training=(TINY, 24, (12,)),
    sweep=(TINY, 16),
    plain_alphas=(0.5,),
    ranked=500,
    checked=12,
    product=256,
)


@dataclass(frozen=True)
class Bench:
    """Device, sizes and inputs. limits: TFLOP/s of a large matrix product in each precision."""

    device: torch.device
    sizes: Sizes
    inputs: Inputs
    limits: Mapping[Precision, float]

    def row(
        self,
        work: str,
        model: str,
        way: str,
        precision: Precision | Literal[""],
        items: int,
        measured: Timed,
        gflop: float | None = None,
        note: str = "",
    ) -> Row:
        """Make a row from a timing of `items` items. gflop: of one item; gives the row's share of the limit."""
        rate = items / measured.seconds
        tflops = None if gflop is None else rate * gflop / 1e3
        share = None if tflops is None or precision == "" else tflops / self.limits[precision]
        return Row(
            work, model, way, precision, f"n = {items:,}", measured.seconds, rate, gflop, tflops, share,
            measured.peak_mb, note,
        )  # fmt: skip


def measure_limits(device: torch.device, size: int) -> tuple[dict[Precision, float], list[Row]]:
    """Measure TFLOP/s of the product of two [size, size] matrices in each precision, and bandwidths of copies."""
    limits, rows = dict[Precision, float](), []
    for precision in PRECISIONS:
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        repeated = _repeat(lambda left=left, right=right: left @ right)  # type: ignore[misc]
        with multiplying_in(precision):
            measured = timed(repeated, device, repetitions=5)
        limits[precision] = 2 * size**3 * _REPEATED / measured.seconds / 1e12
        rows.append(
            Row("limit: matrix product", "", "", precision, f"{size}³", measured.seconds / _REPEATED,
                gflop=2 * size**3 / 1e9, tflops=limits[precision], share=1.0)
        )  # fmt: skip
    source = torch.randint(0, 256, (size * size * 4,), dtype=torch.uint8)
    host = source.pin_memory() if device.type == "cuda" else source
    on_device = host.to(device)
    copies: list[tuple[str, Callable[[], Tensor], int]] = [
        ("limit: copy from pinned memory", lambda: on_device.copy_(host, non_blocking=True), 1),
        ("limit: copy on the device", on_device.clone, 2),  # reads and writes
    ]
    for work, copy, passes in copies:
        measured = timed(_repeat(copy), device, repetitions=5)
        rate = passes * len(source) * _REPEATED / measured.seconds / 1e9
        seconds = measured.seconds / _REPEATED
        rows.append(Row(work, "", "", "", f"{len(source) / 1e6:,.0f} MB", seconds, note=f"{rate:,.1f} GB/s"))
    return limits, rows


_REPEATED = 10


def _repeat(work: Callable[[], Tensor]) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(_REPEATED):
            work()

    return repeated


def gflop_of(work: Callable[[], object]) -> float:
    """Count 10⁹ floating-point operations in matrix products and convolutions of `work`, attention included."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # the counter cannot count fused attention
    try:
        with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            work()
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops() / 1e9
