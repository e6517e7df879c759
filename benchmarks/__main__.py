"""How fast each hot loop is, how close to the hardware, how it grows, and beside what.

python -m benchmarks                               # all questions at small sizes
python -m benchmarks lstm divergence_losses --sizes all --peers
python -m benchmarks --sizes all --peers --write   # results/, README.md and its plots
python -m benchmarks --against benchmarks/results  # are ratios where those expected them?
python -m benchmarks --page                        # README.md from results/, without a run
"""

import argparse
import difflib
import importlib
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import page, results
from benchmarks.again import agreement
from benchmarks.isolation import DeviceError, Heat, Options, rows
from benchmarks.laps import joined
from benchmarks.questions import QUESTIONS
from benchmarks.text import lines_of

# Seconds of the rounds of a race at a size, of a run, and until a race at a size is given up.
BUDGETS = {"small": (0.5, 1.0, 60.0), "all": (1.0, 2.0, 120.0)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0, or 2 where the call is wrong."""
    asked = _parser().parse_args(arguments)
    try:
        names = [known(name) for name in asked.names] or list(QUESTIONS)
        file = None if asked.json is None else Path(asked.json)
        if file is not None:
            results.need_folder(file)
        if not asked.page:
            _run(names, asked, file)
        if asked.page or asked.write:
            page.write()
    except (ValueError, DeviceError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def known(name: str) -> str:
    """A question's name.

    Raises:
        ValueError: there is none of that name.
    """
    if name in QUESTIONS:
        return name
    near = difflib.get_close_matches(name, QUESTIONS, n=3, cutoff=0.4)
    cure = f"near are {', '.join(near)}" if near else f"these are {', '.join(QUESTIONS)}"
    raise ValueError(f"benchmarks needs names it knows, got {name!r}; {cure}.")


def _run(names: Sequence[str], asked: argparse.Namespace, file: Path | None) -> None:
    options = Options(asked.device, asked.peers, *BUDGETS[asked.sizes])
    earlier = {name: _earlier(name, asked) for name in names if asked.against is not None}
    laps: dict[str, list[list[dict[str, Any]]]] = {name: [] for name in names}
    found: dict[str, list[dict[str, Any]]] = {}
    for lap in range(1, asked.laps + 1):
        for name in names:
            print(f"{name}, lap {lap} of {asked.laps}", flush=True)
            laps[name].append(measured(name, asked.sizes, options))
            found[name] = joined(laps[name])
            if asked.write:
                results.write(results.file_of(name, asked.device), found[name])
            if file is not None:
                results.write(file, itertools.chain.from_iterable(found.values()))
    for name, records in found.items():
        if asked.laps > 1:
            print(f"{name}, all laps")
            _show(records)
        if name in earlier:
            print(f"{name}: {agreement(earlier[name], records)}", flush=True)


def _earlier(name: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """What a folder holds of a question, read before anything is written there.

    Raises:
        ValueError: it has no file of the question.
    """
    file = Path(asked.against) / results.file_of(name, asked.device).name
    if not file.is_file():
        raise ValueError(f"benchmarks needs results of {name} for --against, got no {file}.")
    return results.read(file)


def _show(records: Iterable[Mapping[str, Any]]) -> None:
    for line in lines_of(records):
        print(f"  {line}", flush=True)


def measured(name: str, sizes: str, options: Options) -> list[dict[str, Any]]:
    """All records of a question in one lap; shown as they come."""
    races = importlib.import_module(f"benchmarks.{name}").RACES
    heats = [Heat(i, dict(size)) for i, race in enumerate(races) for size in race.sizes(sizes)]
    found = []
    for some in rows(name, heats, options):
        found += [{"schema": results.SCHEMA, "question": name, **record} for record in some]
        _show(some)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(QUESTIONS))
    parser.add_argument("--device", choices=("cpu", "gpu", "tpu"), default="cpu")
    parser.add_argument("--sizes", choices=tuple(BUDGETS), default="small")
    parser.add_argument(
        "--laps", type=_laps, default=3, metavar="N",
        help="times that all races run, in fresh processes; 3, and 1 for a quick look",
    )  # fmt: skip
    parser.add_argument("--peers", action="store_true", help="beside other libraries as well")
    parser.add_argument("--json", metavar="FILE", help="all records, a line each")
    parser.add_argument("--write", action="store_true", help="results/, README.md and its plots")
    parser.add_argument("--page", action="store_true", help="README.md from results/, no run")
    parser.add_argument("--against", metavar="FOLDER", help="compare ratios with results there")
    return parser


def _laps(text: str) -> int:
    """A number of laps.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"needs a whole number of 1 or more, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
