"""Results as JSON lines: what was run where, and then a line a contestant at a size."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from verify.checks.workers import usable_cores
from verify.report.records import plain

SCHEMA = 1
FOLDER = Path(__file__).parent / "results"
PACKAGES = ("jax", "jaxlib", "numpy", "python-flint", "optax", "hypothesis")
PEERS = ("torch", "flax", "numpyro", "mpmath")
_CODE = (":/", ":(top,exclude)benchmarks/results", ":(top,exclude)benchmarks/README.md")


def environment() -> dict[str, Any]:
    """The commit, versions, the device and its threads; in the process that measures."""
    import jax

    device = jax.devices()[0]
    return {
        "commit": _commit(),
        "versions": {"python": platform.python_version(), **_versions((*PACKAGES, *PEERS))},
        "platform": device.platform,
        "device": _processor() if device.platform == "cpu" else device.device_kind,
        "cores": usable_cores(),
        "load": os.getloadavg()[0],
    }


def _commit() -> str:
    """The commit of this file's repository, with a plus where code is changed."""
    ask = ["git", "-C", str(Path(__file__).parent)]
    try:
        found = [
            subprocess.run([*ask, *rest], capture_output=True, text=True, check=True).stdout.strip()
            for rest in (
                ["rev-parse", "--short=12", "HEAD"],
                ["status", "--porcelain", "-uno", *_CODE],
            )
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found[0] + "+" * bool(found[1])


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def _processor() -> str:
    """The processor's model, where the system says."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def line(record: Mapping[str, Any]) -> str:
    """A record as a line of JSON; infinities and NaN are strings."""
    return json.dumps(_short(plain(dict(record))), separators=(", ", ": "), allow_nan=False)


def _short(value: Any) -> Any:
    """Floats to five digits, which is more than times have."""
    match value:
        case float():
            return float(f"{value:.5g}")
        case dict():
            return {name: _short(part) for name, part in value.items()}
        case list():
            return [_short(part) for part in value]
        case _:
            return value


def write(file: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Records, a line each, in place of what the file held.

    Raises:
        ValueError: the file cannot be written.
    """
    need_folder(file)
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    partial.write_text("".join(f"{line(record)}\n" for record in records))
    partial.replace(file)


def need_folder(file: Path) -> None:
    """An error unless a file can be written there.

    Raises:
        ValueError: it cannot.
    """
    if file.is_dir() or not os.access(file.parent, os.W_OK):
        raise ValueError(f"benchmarks needs a file that it can write, got {file}.")


def read(file: Path) -> list[dict[str, Any]]:
    """The records of a file; none where there is none."""
    if not file.exists():
        return []
    return [json.loads(text) for text in file.read_text().splitlines() if text]


def file_of(question: str, platform_name: str = "cpu") -> Path:
    """Where the results of a question on a platform are kept."""
    suffix = "" if platform_name == "cpu" else f".{platform_name}"
    return FOLDER / f"{question}{suffix}.jsonl"
