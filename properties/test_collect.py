"""Collecting claims: what is found where, and what is said of what cannot be."""

import sys

import pytest

from verify.checks.collect import collect
from verify.checks.finding import find
from verify.claims.claim import Claim
from verify.claims.collecting import Malformed

CLAIM = """
@vf.claim(x=vf.reals())
def {name}(x):
    "{name} of x."
    return vf.equal(x, x)
"""
HEAD = "import verify as vf\n"


def claims(*names):
    return HEAD + "".join(CLAIM.format(name=name) for name in names)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """An empty working folder; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    """Write a file of the working folder."""

    def write(path, text):
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def only_error(*paths):
    claims, errors = collect(paths)
    assert not claims
    (error,) = errors
    return error


def test_a_file_gives_its_claims_in_order(write):
    write("rnn.py", claims("second", "first"))
    found, errors = collect(["rnn.py"])
    assert list(found) == ["rnn.py::second", "rnn.py::first"]
    assert all(isinstance(claim, Claim) for claim in found.values())
    assert errors == ()


def test_a_folder_gives_ids_relative_to_it(write):
    write("all/b.py", claims("one"))
    write("all/deep/a.py", claims("two"))
    assert list(collect(["all"]).claims) == ["b.py::one", "deep/a.py::two"]


def test_a_module_and_a_package_are_found_by_name(write):
    write("pack/__init__.py", "")
    write("pack/inner.py", claims("one"))
    assert list(collect(["pack.inner"]).claims) == ["inner.py::one"]
    assert list(collect(["pack"]).claims) == ["inner.py::one"]
    assert list(collect([".", "pack.inner"]).claims) == ["pack/inner.py::one"]


def test_a_package_is_not_imported_to_find_its_files(write):
    write("loud/__init__.py", "raise RuntimeError('imported')")
    write("loud/inner.py", claims("one"))
    files, errors = find(["loud.inner"])
    assert [file.label for file in files] == ["inner.py"]
    assert errors == []


def test_a_file_of_a_package_can_import_its_neighbours(write):
    write("pack/__init__.py", "")
    write("pack/helper.py", "two = 2")
    write("pack/good.py", "from .helper import two\n" + claims("one"))
    assert list(collect(["pack/good.py"]).claims) == ["good.py::one"]


def test_a_file_without_a_package_can_import_its_neighbours(write):
    write("loose/neighbour_of_claims.py", "two = 2")
    write("loose/good.py", "from neighbour_of_claims import two\n" + claims("one"))
    assert list(collect(["loose/good.py"]).claims) == ["good.py::one"]


def test_an_imported_claim_belongs_to_the_file_that_states_it(write):
    write("all/stated_here.py", claims("one"))
    write("all/borrows.py", "from stated_here import one\n" + claims("two"))
    found, errors = collect(["all"])
    assert list(found) == ["borrows.py::two", "stated_here.py::one"]
    assert list(collect(["all/borrows.py"]).claims) == ["borrows.py::two"]
    assert errors == ()


def test_a_claim_made_by_a_function_belongs_to_the_file_that_calls_it(write):
    make = (
        HEAD + "def make(name):\n    def made(x):\n        return vf.equal(x, x)\n"
        "    made.__name__ = name\n    return vf.claim(x=vf.reals())(made)\n"
    )
    write("all/maker_of_many.py", make)
    write("all/calls.py", "from maker_of_many import make\nclaims = [make('a'), make('b')]")
    assert list(collect(["all"]).claims) == ["calls.py::a", "calls.py::b"]


def test_a_folder_is_searched_where_claims_can_be(write):
    for hidden in (".git", "__pycache__", "venv", "build", "node_modules", "x.egg"):
        write(f"{hidden}/a.py", claims("hidden"))
    write("env/pyvenv.cfg", "")
    write("env/a.py", claims("hidden"))
    write(".a.py", claims("hidden"))
    write("notes.txt", claims("hidden"))
    write("script.py", "raise RuntimeError('a file that does not speak of them is not imported')")
    write("industrial.py", "raise RuntimeError('nor is one that only seems to')")
    write("seen.py", claims("one"))
    found, errors = collect(["."])
    assert list(found) == ["seen.py::one"]
    assert errors == ()


def test_a_file_that_is_asked_for_twice_is_collected_once(write):
    write("all/a.py", claims("one"))
    assert list(collect(["all/a.py", "all", "all/../all/a.py"]).claims) == ["a.py::one"]


def test_files_of_one_name_have_distinct_ids(write):
    write("p/a.py", claims("one"))
    write("q/a.py", claims("one"))
    assert list(collect(["p/a.py", "q"]).claims) == ["p/a.py::one", "q/a.py::one"]


def test_future_imports_hold_for_the_whole_file(write):
    future = "'''About.'''\nfrom __future__ import annotations\ndef f(x: Unknown): ...\n"
    write("a.py", future + claims("one"))
    assert list(collect(["a.py"]).claims) == ["a.py::one"]


def test_two_claims_of_one_name_cost_no_other(write):
    write("a.py", claims("twice", "other", "twice"))
    found, errors = collect(["a.py"])
    assert errors == ()
    assert list(found) == ["a.py::twice", "a.py::other"]
    assert found["a.py::twice"].reason == (
        "verify check needs one claim of each name, got two named twice in a.py; rename one."
    )
    assert isinstance(found["a.py::other"], Claim)


@pytest.mark.parametrize(
    ("domains", "reason"),
    [
        ("x=vf.reals(2, 1)", "reals needs low <= high, got 2 and 1: the set is empty."),
        ("x=vf.real()", "module 'verify' has no attribute 'real'; did you mean reals?"),
        (
            "y=vf.reals()",
            "claim needs one domain for each parameter of bad (x), got domains for y.",
        ),
        (
            "x=vf.reals(), source=3",
            "claim needs source as a str, got int 3.",
        ),
    ],
)
def test_a_claim_that_cannot_be_made_costs_no_other(write, domains, reason):
    bad = CLAIM.format(name="bad").replace("x=vf.reals()", domains)
    write("a.py", claims("before") + bad + CLAIM.format(name="after"))
    found, errors = collect(["a.py"])
    assert errors == ()
    assert found.pop("a.py::bad") == Malformed(
        "bad", "bad of x.", str(find(["a.py"])[0][0].path), reason
    )
    assert [type(claim) for claim in found.values()] == [Claim, Claim]


def test_a_missing_path_names_one_that_is_like_it(write):
    write("gan.py", claims("one"))
    assert only_error("gam.py") == (
        "verify check needs a .py file, a folder or a module, got 'gam.py',"
        " which does not exist; did you mean gan.py?"
    )
    assert only_error("elsewhere/x.py") == (
        "verify check needs a .py file, a folder or a module, got 'elsewhere/x.py',"
        " which does not exist; check how it is written."
    )


@pytest.mark.parametrize(
    "name", ["no_such_module", "verify.no_such_module", "json.a.b", "__main__.a"]
)
def test_a_missing_module_is_an_error(name):
    assert only_error(name) == (
        f"verify check needs a .py file, a folder or a module, got '{name}',"
        " which does not exist; check how it is written."
    )


def test_other_kinds_of_files_and_modules_are_errors(write):
    write("notes.md", "# claims")
    assert only_error("notes.md") == (
        "verify check needs a .py file, a folder or a module, got 'notes.md'."
    )
    assert only_error("sys") == (
        "verify check needs a module written in Python, got 'sys' from built-in."
    )


@pytest.mark.parametrize("path", ["a.py", "folder", "pack", "mentions"])
def test_a_path_without_claims_is_an_error(write, path):
    write("a.py", "x = 1")
    write("folder/b.py", "x = 1")
    write("pack/__init__.py", "")
    write("mentions/c.py", "# there is no claim here")
    assert only_error(path) == (
        f"verify check needs claims, got '{path}', which holds none; state one with @vf.claim."
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            claims("one") + "def f(:\n    pass\n",
            "verify check needs Python that parses, got a.py:7: invalid syntax; correct that line.",
        ),
        (
            claims("one") + "return 3\n",
            "verify check needs Python that parses, got a.py:7: 'return' outside function;"
            " correct that line.",
        ),
        (
            claims("one") + "def f():\n    return 1 / 0\n\n\nf()\n",
            "verify check needs a file that can be imported, got ZeroDivisionError: division by"
            " zero at a.py:8; correct it (--debug shows the traceback).",
        ),
        (
            "import sys\n" + claims("one") + "sys.exit(3)\n",
            "verify check needs a file that can be imported, got SystemExit: 3 at a.py:8;"
            " correct it (--debug shows the traceback).",
        ),
        (
            "import no_such_package_of_claims\n",
            "verify check needs a file that can be imported, got ModuleNotFoundError: No module"
            " named 'no_such_package_of_claims' at a.py:1;"
            " correct it (--debug shows the traceback).",
        ),
        (
            HEAD + "@undefined\ndef helper(x):\n    return x\n" + CLAIM.format(name="one"),
            "verify check needs a file that can be imported, got NameError: name 'undefined' is"
            " not defined at a.py:2; correct it (--debug shows the traceback).",
        ),
    ],
)
def test_a_file_that_cannot_be_imported_names_the_line_and_costs_no_other(write, text, error):
    write("all/b.py", claims("fine"))
    write("a.py", text)
    found, errors = collect(["a.py", "all"])
    assert list(found) == ["b.py::fine"]
    assert errors == (error,)


def test_a_file_that_is_no_text_is_an_error(write):
    write("a.py", b"# claim\nx = '\xff'\n")
    assert only_error("a.py").startswith("verify check needs Python that parses, got a.py:")
    write("b.py", b"# claim\x00")
    assert only_error("b.py").startswith("verify check needs ")
