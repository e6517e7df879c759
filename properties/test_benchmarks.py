"""The benchmarks' harness: what it says of times, and that nothing that fails is dropped."""

import importlib
import json
import math
import os
import time

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import page, results
from benchmarks.__main__ import known, main
from benchmarks.again import outside
from benchmarks.ceilings import Ceilings, roofline
from benchmarks.growth import growth_of
from benchmarks.harness import Limits, race
from benchmarks.isolation import Heat, Options, rows
from benchmarks.laps import joined
from benchmarks.questions import QUESTIONS
from benchmarks.records import Plain, Program, Race, Timed, Work
from benchmarks.statistics import Scatter, exponent, ratio, ratio_of_processes, scatter, times

QUICK = Limits(seconds=0.02)


def of(contestants, peers=None, tolerance=1e-6, size=None):
    given = Race("a race", "items", lambda size: size["n"], contestants, (), tolerance=tolerance,
                 peers=peers or {})  # fmt: skip
    return race(given, size or {"n": 4}, peers=True, ceilings=None, limits=QUICK)


def ones(size):
    return Program(lambda x: x + 1, (jnp.zeros(size["n"]),))


def test_the_median_and_the_quartiles_are_those_of_the_times():
    assert times([5.0, 1.0, 2.0, 3.0, 4.0]) == (3.0, 2.0, 4.0, 5)


def test_a_ratio_of_times_that_never_change_has_no_width():
    assert ratio([3.0] * 9, [2.0] * 9) == pytest.approx((1.5, 1.5, 1.5))


def test_load_that_slows_both_leaves_their_ratio():
    load = np.exp(np.random.default_rng(0).normal(size=41))
    assert ratio(3.0 * load, load).value == pytest.approx(3.0)


def test_an_interval_holds_the_ratio_of_another_run():
    rng, runs = np.random.default_rng(1), 60
    draw = lambda: np.exp(0.1 * rng.normal(size=(2, 25)))
    found = [(ratio(*draw()), ratio(*draw()).value) for _ in range(runs)]
    inside = sum(first.low <= again <= first.high for first, again in found)
    assert inside >= 0.95 * runs
    # The median of 25 has a deviation of 0.1 √(π/2)/5 = 0.025, a ratio 0.035; ±2.6 √2 of them.
    assert np.median([first.high / first.low for first, _ in found]) < 1.4


@pytest.mark.parametrize("pair", [([1.0], [1.0, 2.0]), ([], [])])
def test_a_ratio_needs_as_many_rounds_of_both(pair):
    with pytest.raises(ValueError, match="ratio needs as many rounds of both, got"):
        ratio(*pair)


@pytest.mark.parametrize("freedom", [3.0, math.inf])
def test_processes_that_differ_widen_the_interval_of_a_ratio(freedom):
    """Processes have biases of about 5 %, which rounds do not see; in some ratios more."""
    rng, runs, many = np.random.default_rng(2), 100, 40
    inside, widths = 0, []
    for _ in range(runs):
        spread = 1.0 if math.isinf(freedom) else freedom / rng.chisquare(freedom, size=(many, 1))
        draw = lambda spread=spread: np.exp(0.05 * np.sqrt(spread) * rng.normal(size=(many, 3)))
        groups, again = draw(), draw()
        others = scatter([[group] for group in groups])
        expected = [ratio_of_processes(group, others) for group in groups]
        means = np.exp(np.log(again).mean(axis=1))
        inside += sum(e.low <= mean <= e.high for e, mean in zip(expected, means, strict=True))
        widths += [e.high / e.low for e in expected]
    assert 0.98 * runs * many <= inside <= 0.995 * runs * many
    # A normal quantile of 2.6 or Student's of 4, times 0.05 √(2/3) = 0.041 or a little more.
    assert 1.2 < np.median(widths) < 1.6


def test_what_is_known_of_ratios_is_how_they_scatter_and_how_alike():
    rng, freedom = np.random.default_rng(3), 6.0
    variances = freedom / rng.chisquare(freedom, size=(20_000, 1))
    groups = np.exp(np.sqrt(variances) * rng.normal(size=(20_000, 3)))
    assert scatter([[group] for group in groups]) == pytest.approx((1.0, freedom), rel=0.15)
    alike = scatter([[group] for group in np.exp(rng.normal(size=(20_000, 3)))])
    assert alike.variance == pytest.approx(1.0, rel=0.1)
    assert alike.freedom > 50


def test_contestants_of_a_heat_scatter_together():
    heat = [[1.0, 1.1], [2.0, 2.2], [3.0, 3.3]]
    assert scatter([heat, []]).freedom == 1
    assert scatter([]) == scatter([[[2.0]]]) == (0.0, 0.0)
    assert scatter([[[2.0, 2.0, 2.0]]]).variance == pytest.approx(1e-4)
    assert scatter([[[2.0, 2.0, 2.0]]] * 5).freedom == 10


def test_a_ratio_of_processes_weighs_its_own_scatter_and_that_of_others():
    found = ratio_of_processes([2.0, 2.0], Scatter(0.01, 29.0))
    assert found.value == pytest.approx(2.0)
    assert found.high / found.value == pytest.approx(math.exp(2.75 * 0.1), rel=0.01)
    alone = ratio_of_processes([1.0, 2.0, 4.0], Scatter(0.01, 0.0))
    assert alone.high / alone.value == pytest.approx(2.0 ** (9.92 * math.sqrt(2 / 3)), rel=0.01)
    with pytest.raises(ValueError, match="ratio_of_processes needs two ratios or more, got 1"):
        ratio_of_processes([2.0], Scatter(0.01, 30.0))


def test_laps_are_joined_and_what_failed_in_some_says_so():
    first = of({"a": ones, "b": ones, "c": ones})
    second = of({"a": ones, "b": ones, "c": lambda size: 1 / 0})
    (a, b, c) = joined([first, second])
    assert a["seconds"]["rounds"] == sum(row[0]["seconds"]["rounds"] for row in (first, second))
    assert b["ratio"]["laps"] == [first[1]["ratio"]["value"], second[1]["ratio"]["value"]]
    assert b["ratio"]["low"] < b["ratio"]["value"] < b["ratio"]["high"]
    assert c["failed"].startswith("in 1 of 2 processes: ZeroDivisionError")
    assert c["ratio"]["laps"] == [first[2]["ratio"]["value"]]
    assert not any("times" in row for row in (a, b, c))
    assert joined([second, second])[2]["error"].startswith("ZeroDivisionError")


def test_ratios_to_another_contestant_are_not_joined_with_those_to_the_first():
    slow_start = lambda size: 1 / 0
    whole, broken = (
        of({"a": ones, "b": ones, "c": ones}),
        of({"a": slow_start, "b": ones, "c": ones}),
    )
    (a, b, c) = joined([broken, whole, whole])
    assert a["failed"].startswith("in 1 of 3 processes")
    for row in (b, c):
        assert row["ratio"]["to"] == "a"
        assert len(row["ratio"]["laps"]) == 2
    assert joined([broken])[2]["ratio"]["to"] == "b"


def test_a_heat_that_was_lost_in_the_first_lap_stays_in_its_place():
    lost = {"race": "a race", "size": {"n": 4}, "contestant": "all", "error": "no result"}
    later = of({"a": ones}, size={"n": 5})
    found = joined([[lost, *later], [*of({"a": ones, "b": ones}), *later]])
    told = [(row["size"]["n"], row["contestant"]) for row in found]
    assert told == [(4, "all"), (4, "a"), (4, "b"), (5, "a")]
    assert found[0]["error"] == "in 1 of 2 processes: no result"


def test_what_laps_have_in_common_is_joined():
    lap = lambda seconds, fraction: [{
        "race": "r", "size": {"n": 1}, "contestant": "a", "items": 1, "times": [seconds] * 3,
        "compile_seconds": seconds, "peak_bytes": int(seconds), "difference": seconds,
        "roofline": {"fraction": fraction, "bound": "bytes"},
    }]  # fmt: skip
    (row,) = joined([lap(1.0, 0.3), lap(4.0, 0.1), lap(2.0, 0.2)])
    assert row["seconds"] == {"median": 2.0, "lower": 1.0, "upper": 4.0, "rounds": 9}
    assert (row["compile_seconds"], row["peak_bytes"], row["difference"]) == (2.0, 4.0, 4.0)
    assert row["roofline"]["fraction"] == 0.2


def test_the_interval_of_one_lap_is_that_of_its_rounds():
    (_, row) = of({"a": ones, "b": ones})
    (_, alone) = joined([[*of({"a": ones}), row]])
    assert alone["ratio"] == row["ratio"] | {"laps": [row["ratio"]["value"]]}


def test_no_times_have_no_median():
    with pytest.raises(ValueError, match="times needs one round or more, got none"):
        times([])


def test_an_exponent_is_the_slope_in_logarithms():
    assert exponent([1, 10, 100], [3, 300, 30_000]) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="exponent needs two sizes or more, got 1"):
        exponent([4, 4], [1, 2])


def test_the_roofline_names_what_is_nearest():
    ceilings = Ceilings(1e9, 1e8, 1e7, ((1_000, 1e9), (1_000_000, 1e8)))
    assert roofline(Work(products=1e9, bytes=1e3), 2.0, ceilings) == (0.5, "products")
    assert roofline(Work(products=1e3, bytes=1e8), 2.0, ceilings) == (0.5, "bytes")


def test_a_row_says_what_a_program_takes_and_costs():
    (row,) = of({"ones": ones})
    assert row["seconds"]["median"] > 0
    assert row["seconds"]["rounds"] >= 5
    assert row["compile_seconds"] > 0
    assert row["xla"]["output"] == 16
    assert "error" not in row


def test_a_contestant_that_fails_is_recorded_and_others_run():
    def fails(size):
        raise RuntimeError("no luck\nat all")

    first, second = of({"fails": fails, "ones": ones})
    assert first["error"] == "RuntimeError: no luck"
    assert "seconds" in second
    assert "ratio" not in second


def test_a_peer_that_is_not_installed_is_said_to_be_absent():
    def missing(size):
        import no_such_library  # noqa: F401

        raise AssertionError

    assert of({"ones": ones}, {"missing": missing})[1]["error"] == (
        "absent: no_such_library is not installed"
    )


def test_a_contestant_with_other_numbers_is_not_timed():
    twos = lambda size: Program(lambda x: x + 2, (jnp.zeros(size["n"]),))
    more = lambda size: Program(lambda x: x + 1, (jnp.zeros(5),))
    _, second, third = of({"ones": ones, "twos": twos, "more": more})
    assert second["error"] == "differs from ones by 1 of the largest number"
    assert third["error"] == "gives 5 numbers where ones gives 4"


def test_nan_is_no_number_to_agree_with():
    lost = lambda size: Program(lambda x: x + jnp.nan, (jnp.zeros(size["n"]),))
    assert "differs" in of({"ones": ones, "lost": lost})[1]["error"]


def test_a_program_that_needs_more_than_there_is_does_not_run():
    given = Race("a race", "items", lambda size: 4, {"ones": ones}, ())
    limits = QUICK._replace(bytes=8)
    (row,) = race(given, {"n": 4}, peers=False, ceilings=None, limits=limits)
    assert row["error"].startswith("needs 0.0 GiB, more than 0.0 free")


def test_a_run_that_takes_too_long_is_recorded_with_its_time():
    slow = lambda size: Plain(lambda: time.sleep(0.02) or 1.0)
    given = Race("a race", "items", lambda size: 4, {"slow": slow}, ())
    limits = QUICK._replace(longest=0.01)
    (row,) = race(given, {"n": 4}, peers=False, ceilings=None, limits=limits)
    assert row["error"].endswith("s a run, over 0.01")
    assert row["once"] >= 0.02


def test_what_the_hardware_cannot_do_in_time_is_not_begun():
    begun = []
    given = Race("a race", "items", lambda size: 4, {"never": begun.append}, (),
                 work=lambda size: Work(products=1e12))  # fmt: skip
    ceilings = Ceilings(1e9, 1e9, 1e9, ((1_000, 1e9),))
    (row,) = race(given, {"n": 4}, peers=False, ceilings=ceilings, limits=QUICK)
    assert row["error"] == "takes 1e+03 s at the ceilings, over 2"
    assert not begun


def test_a_run_may_tell_its_own_time():
    told = lambda size: Plain(lambda: Timed(7.0, 1.0))
    given = Race("a race", "items", lambda size: 4, {"told": told}, (), slow=10.0)
    (row,) = race(given, {"n": 4}, peers=False, ceilings=None, limits=QUICK)
    assert row["seconds"]["median"] == 7.0


def test_facts_are_kept_and_may_say_how_many_items_there_were():
    run = lambda size: Plain(lambda: 1.0, facts=lambda _: {"items": 9, "digits": 3})
    (row,) = of({"run": run})
    assert row["items"] == 9
    assert row["facts"] == {"digits": 3}


def test_every_line_is_json_and_comes_back(tmp_path):
    file = tmp_path / "found.jsonl"
    results.write(file, [{"value": math.inf, "seconds": 1 / 3}, {"race": "a", "size": {"n": 1}}])
    assert results.read(file) == [
        {"value": "Infinity", "seconds": 0.33333}, {"race": "a", "size": {"n": 1}},
    ]  # fmt: skip
    assert all(json.loads(line) for line in file.read_text().splitlines())
    assert results.read(tmp_path / "none.jsonl") == []


def test_a_file_that_cannot_be_written_is_a_mistake_of_the_caller(tmp_path, capsys):
    file = tmp_path / "none" / "found.jsonl"
    assert main(["lstm", "--json", str(file)]) == 2
    wanted = f"benchmarks needs a file that it can write, got {file}.\n"
    assert capsys.readouterr().err == wanted


def test_an_unknown_name_is_told_with_near_ones(capsys):
    assert main(["ltsm"]) == 2
    assert capsys.readouterr().err == (
        "benchmarks needs names it knows, got 'ltsm'; near are lstm, float_sweep.\n"
    )
    with pytest.raises(ValueError, match="got 'x'; these are lstm, scalar_rnn"):
        known("x")
    with pytest.raises(SystemExit):
        main(["lstm", "--laps", "0"])
    assert "--laps: needs a whole number of 1 or more, got '0'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="near are gradient_check"):
        known("gradient_checks")


def test_ratios_outside_their_intervals_are_named():
    told = lambda value: {
        "race": "r", "size": {"n": 1}, "contestant": "b",
        "ratio": {"to": "a", "value": value, "low": 1.0, "high": 2.0},
    }  # fmt: skip
    assert outside([told(1.5)], [told(1.9)]) == (1, [])
    assert outside([told(1.5)], [told(3.0)]) == (1, ["r/1/b 3, expected 1 to 2"])
    assert outside([], [told(3.0)]) == (0, [])


def test_a_run_of_fewer_laps_may_be_farther_off():
    told = lambda value, laps: {
        "race": "r", "size": {"n": 1}, "contestant": "b",
        "ratio": {"to": "a", "value": value, "low": 0.5, "high": 2.0, "laps": [value] * laps},
    }  # fmt: skip
    assert outside([told(1.0, 3)], [told(2.5, 3)]) == (1, ["r/1/b 2.5, expected 0.5 to 2"])
    assert outside([told(1.0, 3)], [told(2.5, 1)]) == (1, [])  # 2^√2 is 2.67


def test_results_to_compare_with_are_looked_for_before_anything_runs(tmp_path, capsys):
    assert main(["lstm", "--against", str(tmp_path)]) == 2
    assert "benchmarks needs results of lstm for --against, got no" in capsys.readouterr().err


def test_laps_are_written_and_compared(tmp_path, capsys, monkeypatch):
    header = {"device": "a processor", "cores": 2, "commit": "c"}
    measure = lambda name, sizes, options: [header, *of({"a": ones, "b": ones})]
    monkeypatch.setattr("benchmarks.__main__.measured", measure)
    file = tmp_path / "lstm.jsonl"
    assert main(["lstm", "--laps", "2", "--json", str(file)]) == 0
    assert len(results.read(file)[3]["ratio"]["laps"]) == 2
    capsys.readouterr()
    assert main(["lstm", "--laps", "2", "--against", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert (
        "lstm, lap 2 of 2\nlstm, all laps\n  a processor, 2 cores, commit c\n  a race: n 4" in shown
    )
    assert "lstm: 1 of 1 ratios within" in shown or "lstm: 0 of 1 ratios within" in shown


def test_growth_is_fitted_where_one_size_varies():
    row = lambda n, seconds: {
        "race": "r", "contestant": "a", "size": {"n": n, "m": 1}, "seconds": {"median": seconds},
    }  # fmt: skip
    assert "| r | a | n 1 to 100 | 1.50 |  |" in growth_of([row(1, 1.0), row(100, 1_000.0)])


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_races_with_sizes(question):
    races = importlib.import_module(f"benchmarks.{question}").RACES
    assert races
    for given in races:
        assert given.sizes("all")
        for size in given.sizes("all"):
            assert given.items(size) > 0
            if given.work is not None:
                assert max(vars(given.work(size)).values()) > 0


def test_the_page_is_what_the_results_give():
    text = page.PAGE.read_text()
    assert page.filled(text, page.everything()) == text


def test_results_name_no_machine():
    for question in QUESTIONS:
        text = results.file_of(question).read_text()
        assert os.uname().nodename not in text
        assert "/tmp" not in text
        assert "/home" not in text


@pytest.mark.slow
def test_a_race_in_a_process_of_its_own():
    found = list(rows("scalar_rnn", [Heat(0, {"steps": 4, "weights": 8})], Options(seconds=0.05)))
    (header,), told = found
    assert header["ceilings"]["products"] > 0
    assert all("seconds" in row for row in told)
    assert told[1]["ratio"]["low"] <= told[1]["ratio"]["value"] <= told[1]["ratio"]["high"]


@pytest.mark.slow
def test_a_race_whose_process_is_too_slow_is_a_row_and_the_next_one_runs():
    heats = [Heat(0, {"steps": 4, "weights": 8})] * 2
    _, *told = rows("scalar_rnn", heats, Options(seconds=0.05, patience=0.01))
    assert [row["error"] for (row,) in told] == ["no result within 0.01 s"] * 2
