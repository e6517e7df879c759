"""The command line: `verify check`, `list`, `exact`, `measure` and `blame`."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

# The rest is imported where it is used, so that --help need not wait for it.

_CATALOGUE = "verify.catalogue"
_AS_EXPECTED, _NOT_AS_EXPECTED, _WRONG_CALL, _INTERRUPTED = 0, 1, 2, 130


class _CheckByDefault(typer.core.TyperGroup):
    """Without a command, `check`: of the catalogue, or of the path that stands in its place."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version", *self.commands}
        first = args[0] if args else ""
        if first not in own and (first.startswith("-") or not first or _is_path(first)):
            args = ["check", *args]
        return super().parse_args(ctx, args)


def _is_path(text: str) -> bool:
    return Path(text).exists() or ".py" in text or os.sep in text


app = typer.Typer(
    cls=_CheckByDefault,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """What the console script calls."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what an encoding lacks is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="verify")


def _print_versions(asked: bool) -> None:
    if not asked:
        return
    from verify.report.records import versions

    typer.echo(", ".join(f"{name} {version}" for name, version in versions().items()))
    raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_print_versions,
        is_eager=True,
        help="Show the versions that matter, and stop.",
    ),
]
Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        show_default=False,
        help="Python files, folders or modules; without any, the shipped catalogue.",
    ),
]
Only = Annotated[
    str | None,
    typer.Option(metavar="GLOB", show_default=False, help='Only names or ids like "*kl*".'),
]
Effort = Annotated[str, typer.Option(metavar="LEVEL", help="quick, standard or thorough.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the points that are tried.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, show_default=False, help="Worker processes; without it, one a core."),
]
Timeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="For one claim.")]
Memory = Annotated[
    float, typer.Option(min=0.0, metavar="GIB", help="For one worker; 0 for no limit.")
]
Json = Annotated[
    str | None, typer.Option(metavar="FILE", show_default=False, help="Write JSON there.")
]
Markdown = Annotated[
    str | None, typer.Option(metavar="FILE", show_default=False, help="Write Markdown there.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks, and what claims print.")]
Cache = Annotated[
    bool,
    typer.Option("--cache/--no-cache", help="Keep what is compiled in the user's cache folder."),
]
Expression = Annotated[str, typer.Argument(metavar="EXPRESSION", help="Python and jax.numpy.")]
Values = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=NUMBER",
        show_default=False,
        help="x=0.1 is one tenth, x=0x1.9p-4 that very float.",
    ),
]
Function = Annotated[str, typer.Argument(metavar="FUNCTION", help="mine.py:softplus, say.")]
Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=NUMBER|DOMAIN",
        show_default=False,
        help="x=17.3, rounded to the dtype; x=0x1.9p-4, that float; x=[1,2.5], an array; or, for"
        " the worst input that is found there, a domain such as x=-80:80.",
    ),
]
Domains = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=DOMAIN|NUMBER",
        show_default=False,
        help="x=-80:80, x=0:inf, x=reals (or x alone), x=positives, x=probabilities,"
        " x=integers:1:9; arrays x=-1:1@3, x=reals@2,2, x=simplex@3; y=2 stays as it is.",
    ),
]
Gradient = Annotated[bool, typer.Option("--gradient", help="Of the gradient in its arguments.")]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:FUNCTION",
        show_default=False,
        help="What it should be; without, its own formula in exact arithmetic.",
    ),
]
Quick = Annotated[str, typer.Option(metavar="LEVEL", help="Of a search for the worst input.")]
Exhaustive = Annotated[bool, typer.Option("--exhaustive", help="Try every input.")]
Kept = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", show_default=False, help="Keep there what is done, or go on from it."
    ),
]
Top = Annotated[int, typer.Option(min=0, max=20, help="How many of the worst cases are shown.")]
Dtype = Annotated[str, typer.Option(metavar="DTYPE", help="bfloat16, float16, float32, float64.")]
Digits = Annotated[int, typer.Option(min=1, help="How many, all of them right.")]


@app.callback()
def _verify(version: Version = False) -> None:
    """Say whether claims about JAX functions are true, and where they are not.

    Without a command: check the shipped catalogue, with the options of verify check.
    """


@app.command()
def check(
    paths: Paths = None,
    only: Only = None,
    effort: Effort = "standard",
    seed: Seed = 0,
    jobs: Jobs = None,
    timeout: Timeout = 60.0,
    memory: Memory = 4.0,
    json: Json = None,
    markdown: Markdown = None,
    cache: Cache = True,
    debug: Debug = False,
) -> None:
    """Check claims.

    Exit status: 0 where each ended as expected, 1 where one did not, 2 where the call is
    wrong, 130 after Ctrl-C or SIGTERM, which lose nothing that is done.
    """
    with _mistakes_told(debug):
        _keep_compiled(cache)
        from verify.checks.effort import effort_of
        from verify.checks.messages import Settings
        from verify.report.files import need_writable
        from verify.report.session import Request

        settings = Settings(effort_of(effort).name, seed, timeout, memory, debug)
        request = Request(paths or [_CATALOGUE], only, jobs)
        for option, path in (("--json", json), ("--markdown", markdown)):
            if path:
                need_writable(option, path)
    with _sigterm_as_ctrl_c():
        status = _check(request, settings, json=json, markdown=markdown)
    raise typer.Exit(status)


@app.command(name="list")
def list_claims(paths: Paths = None, only: Only = None, debug: Debug = False) -> None:
    """List claims: what each states, its source, and what is expected of it."""
    with _mistakes_told(debug):
        from verify.checks.collect import collect
        from verify.checks.loading import entry_of
        from verify.report.session import matching
        from verify.report.terminal import console_for, print_list

        claims, errors = collect(paths or [_CATALOGUE])
        entries = [entry_of(*item) for item in claims.items()]
        if entries:
            print_list(console_for(), matching(entries, only))
        if errors:
            told = (error.replace("verify check needs", "verify list needs", 1) for error in errors)
            raise ValueError("\n".join(told))


@app.command(context_settings={"ignore_unknown_options": True})  # "-x" is an expression
def exact(
    expression: Expression, values: Values = None, digits: Digits = 30, debug: Debug = False
) -> None:
    """Show the exact value of an expression, such as "log1p(x) - x" x=1e-9.

    Its names are those of jax.numpy, jax.nn and jax.scipy.special, jax, vf and pi.
    """
    with _mistakes_told(debug):
        from verify.checks.expression import value_of

        typer.echo(value_of(expression, values or [], digits=digits))


@app.command(name="measure")
def measure_accuracy(
    function: Function,
    domains: Domains = None,
    gradient: Gradient = False,
    dtype: Dtype = "float32",
    reference: Reference = None,
    effort: Effort = "standard",
    seed: Seed = 0,
    exhaustive: Exhaustive = False,
    journal: Kept = None,
    top: Top = 3,
    json: Json = None,
    cache: Cache = True,
    debug: Debug = False,
) -> None:
    """Measure how many ulps the results of a function are off, over a domain.

    FUNCTION is MODULE:NAME, where MODULE is dotted or the path of a .py file. Exit status: 0
    whatever the accuracy, 2 where the call is wrong, 130 after Ctrl-C or SIGTERM.
    """
    with _mistakes_told(debug):
        _keep_compiled(cache)
        from verify.checks.accuracy.asking import question
        from verify.report.files import need_writable
        from verify.report.measured import measured

        if json:
            need_writable("--json", json)
        asked = question(
            function, domains or [], dtype=dtype, gradient=gradient, reference=reference,
            effort=effort, seed=seed, exhaustive=exhaustive or None, journal=journal,
        )  # fmt: skip
        with _sigterm_as_ctrl_c():
            measured(asked, top=top, path=json)


@app.command(name="blame")
def blame_lines(
    function: Function,
    values: Inputs = None,
    gradient: Gradient = False,
    dtype: Dtype = "float32",
    effort: Quick = "quick",
    seed: Seed = 0,
    cache: Cache = True,
    debug: Debug = False,
) -> None:
    """Show which lines of a function lose the digits of its result at x=17.3, say.

    FUNCTION is MODULE:NAME, where MODULE is dotted or the path of a .py file. What is given no
    number is looked for: the worst input, as verify measure finds it.
    """
    with _mistakes_told(debug):
        _keep_compiled(cache)
        from verify.checks.blame.asking import asked
        from verify.report.sweeping import sweep_progress
        from verify.report.terminal import console_for

        with sweep_progress(console_for(), function) as progress:
            options = {"effort": effort, "seed": seed, "progress": progress}
            found = asked(function, values or [], gradient=gradient, dtype=dtype, **options)
        typer.echo(found)


def _keep_compiled(cache: bool) -> None:
    """Before JAX is imported, which reads its settings then."""
    if cache:
        from verify.report.compiled import keep_compiled

        keep_compiled()


def _check(request: Any, settings: Any, *, json: str | None, markdown: str | None) -> int:
    from verify.report.files import write
    from verify.report.markdown import to_markdown
    from verify.report.records import to_json
    from verify.report.session import session
    from verify.report.terminal import console_for, print_run

    console = console_for()
    run, tracebacks, is_interrupted = session(request, settings, console)
    for path, text in ((json, to_json), (markdown, to_markdown)):
        if path:
            write(path, text(run))
    print_run(console, run, tracebacks if settings.debug else ())
    if is_interrupted:
        return _INTERRUPTED
    if run.errors:
        return _WRONG_CALL
    return _NOT_AS_EXPECTED if run.unexpected else _AS_EXPECTED


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Where what is done is kept, SIGTERM ends as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _mistakes_told(debug: bool) -> Iterator[None]:
    """Tell a mistake of the caller's, a ValueError, in a line; with --debug, where it was met."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if str(stop):
            typer.echo(f"{stop}.", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    except ValueError as error:
        if debug:
            raise
        typer.echo(str(error), err=True)
        raise typer.Exit(_WRONG_CALL) from None
