"""What one types and reads: the list, the runs, and errors that say what to do."""

import re

import pytest

from examples.__main__ import main
from examples.labs import chosen
from examples.labs.experiment import ORDER, experiments

for package, extra in (("jinja2", "labs"), ("matplotlib", "plot"), ("safetensors", "train"), ("tqdm", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


@pytest.mark.parametrize("arguments", [["labs"], ["labs", "list"]])
def test_the_list_says_what_each_experiment_asks_and_how_large_it_is(declared, capsys, arguments):
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    first, second, totals = printed.strip().split("\n\n")
    assert first.startswith("upf-1          A report, task 1: Small <networks>")
    assert "Does it learn?" in first
    assert "4 runs (2 settings × 2 seeds), about 1 s" in first
    assert "2 runs (1 setting × 2 seeds)" in second
    assert "2 experiments, 6 runs" in totals


def test_every_declared_experiment_is_listed(capsys):
    main(["labs"])
    printed = capsys.readouterr().out
    for each in experiments().values():
        assert re.search(rf"^{re.escape(each.identifier)} ", printed, re.M)
        assert " ".join(each.question.split()) in " ".join(printed.split())


def test_a_name_selects_all_that_begin_with_it(declared):
    assert [each.identifier for each in chosen(["upf"])] == ["upf-1"]
    assert [each.identifier for each in chosen(["q", "upf-1", "upf"])] == ["upf-1", "question-rate"]


def test_running_prints_the_table_and_makes_the_page(declared, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["labs", "run", "upf", "--out", str(out), "--seeds", "2"]) == 0
    printed = capsys.readouterr()
    assert re.search(r"^fast +test accuracy +\d+\.\d\d ± \d\.\d\d % +2 +98 % +97–99 % +✓ agrees$", printed.out, re.M)
    assert re.search(r"^slow +test accuracy .* ≠ differs$", printed.out, re.M)
    assert re.search(r"^steps +steps +40 ± 0 +2 +– +– +· no bound$", printed.out, re.M)
    assert "→ It learns 40 steps." in printed.out
    assert printed.out.endswith(f"{out / 'index.html'}\n")
    assert len(re.findall(r"^upf-1, (fast|slow), seed [01]: test accuracy", printed.err, re.M)) == 4
    assert len(list((out / "runs").glob("*.json"))) == 4

    assert main(["labs", "run", "upf", "--out", str(out), "--seeds", "3"]) == 0
    printed = capsys.readouterr()
    assert len(re.findall(r"^upf-1, .* seed 2: ", printed.err, re.M)) == 2
    assert "6 runs, 4 of them were there already." in printed.err


def test_a_quick_run_says_where_it_is_shorter(declared, tmp_path, capsys):
    assert main(["labs", "run", "--all", "--quick", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^fast .* ✓ agrees$", printed, re.M)
    assert re.search(r"^slow .* ~ shortened$", printed, re.M)
    assert "A quick subset" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "upf-9"], "no experiment is called 'upf-9', or begins with it. Did you mean upf-1?"),
        (["run", "xyz"], "There are upf-1, question-rate."),
        (["run"], "which experiments? Name some, or --all"),
        (["run", "upf", "--all"], "and not both"),
        (["run", "upf", "--quick", "--seeds", "3"], "--quick has one seed"),
        (["run", "question", "--quick"], "nothing of it is quick"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_happens(declared, tmp_path, capsys, arguments, said):
    assert main(["labs", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_numbers_that_are_none_are_refused(declared, capsys):
    for arguments in (["--seeds", "0"], ["--jobs", "0"], ["--jobs", "two"]):
        with pytest.raises(SystemExit) as stopped:
            main(["labs", "run", "upf", *arguments])
        assert stopped.value.code == 2
        assert arguments[0] in capsys.readouterr().err


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        main(["labs", "--help"])
    printed = capsys.readouterr().out
    assert "run tnm112-1.3" in printed
    assert "Ctrl-C stops it" in printed


def test_no_experiment_lacks_a_place_in_the_order():
    assert set(experiments()) <= set(ORDER)
    missing = [identifier for identifier in ORDER if identifier not in experiments()]
    if missing:
        pytest.skip(f"not built yet: {', '.join(missing)}")
