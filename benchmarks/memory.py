"""How much memory there is, and the most that a stretch of code took of it."""

from pathlib import Path

import jax

_STATUS, _RESET, _MACHINE = (
    Path(f"/proc/{name}") for name in ("self/status", "self/clear_refs", "meminfo")
)
_SHARE = 0.6  # of what is free, that a program may take


def available() -> float:
    """Bytes that a program may take on the default device; infinite where nothing says."""
    device = jax.devices()[0]
    if device.platform != "cpu":
        stats = device.memory_stats() or {}
        return _SHARE * stats.get("bytes_limit", float("inf"))
    free = _kibibytes(_MACHINE, "MemAvailable")
    return float("inf") if free is None else _SHARE * 1024 * free


def reset_peak() -> int | None:
    """Forget the peak of this process; the bytes that it holds, or None where that is unknown."""
    try:
        _RESET.write_text("5")
    except OSError:
        return None
    return _bytes("VmRSS")


def peak_since(before: int | None) -> int | None:
    """The most bytes that this process held since reset_peak, over what it held then."""
    peak = None if before is None else _bytes("VmHWM")
    return None if peak is None or before is None else max(peak - before, 0)


def _bytes(name: str) -> int | None:
    found = _kibibytes(_STATUS, name)
    return None if found is None else 1024 * found


def _kibibytes(file: Path, name: str) -> int | None:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
