"""A map as a Parquet file: what comes back, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.ready import table as table_module
from pglab.maps.ready.table import MapFileError, read_map, write_map
from pglab.maps.run_result import WINDOWS, RunResult
from pglab.maps.running.map_run import Run
from pglab.session.stored.provenance import COMPUTING

LAYERS = MapPlan(
    ReinforceConfig(gamma=1 / 3, env_id="Acrobot-v1"),
    (Axis("hidden_sizes", ((), (8,), (32, 16))), Axis("learning_rate", (1e-2, 0.1 + 0.2))),
    seeds=3,
    total_steps=1_999,
)
CHOICES = MapPlan(
    ActorCriticConfig.split_replay(replay_capacity=64),
    # Neither value fits to the settings above without a value of the other axis.
    (Axis("batch_size", (128, 256)), Axis("replay_capacity", (300, 500))),
    seeds=4,
    total_steps=1_000,
)
SWITCH = MapPlan(ReinforceConfig(), (Axis("normalize_returns", (True, False)),), 3, 1_000)


def results_of(plan: MapPlan) -> dict[Run, RunResult]:
    """Results of all kinds, with sums that need all their digits."""
    rng = np.random.default_rng(0)
    return {
        (cell, seed): RunResult(
            plan.total_steps,
            tuple((rng.normal(size=WINDOWS) * 10.0 ** rng.integers(-9, 9)).tolist()),
            tuple(rng.integers(0, 500, WINDOWS).tolist()),
            solved_at=500 if seed == 1 else None,
            diverged_at=777 if seed == 2 else None,
        )
        for cell, seed in plan.runs()
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with all runs of the map of layers and learning rates."""
    write_map(tmp_path / "map.parquet", LAYERS, results_of(LAYERS))
    return tmp_path / "map.parquet"


@pytest.mark.parametrize("plan", [LAYERS, CHOICES, SWITCH], ids=["layers", "choices", "switch"])
@pytest.mark.parametrize("runs", [None, 5, 0], ids=["whole", "partial", "empty"])
def test_a_map_comes_back_bit_for_bit(plan: MapPlan, runs: int | None, tmp_path: Path) -> None:
    results = dict(list(results_of(plan).items())[:runs])
    first, again = tmp_path / "first", tmp_path / "again"
    write_map(first, plan, results)
    assert read_map(first) == (plan, results)
    write_map(again, plan, dict(reversed(results.items())))
    assert first.read_bytes() == again.read_bytes()


def test_other_programs_can_read_the_rows(file: Path) -> None:
    table = pyarrow.parquet.read_table(file)
    row = table.to_pylist()[-1]
    result = results_of(LAYERS)[(2, 1), 2]
    assert row["hidden_sizes"] == "32,16"
    assert row["learning_rate"] == "0.30000000000000004"
    assert (row["hidden_sizes_place"], row["learning_rate_place"], row["seed"]) == (2, 1, 2)
    assert tuple(row["sums"]) == result.sums
    assert (row["solved_at"], row["diverged_at"]) == (None, 777)
    facts = json.loads(table.schema.metadata[b"pglab"])
    assert set(facts["made_by"]) == {"engine", *COMPUTING}


def changed_facts(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the metadata of a file."""
    table = pyarrow.parquet.read_table(file)
    facts = json.loads(table.schema.metadata[b"pglab"])
    change(facts)
    metadata = {b"pglab": json.dumps(facts).encode()}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda facts: facts.update(format=2), "Another version"),
        (lambda facts: facts.update(agent="dqn"), "settings in the file are damaged"),
        (lambda facts: facts["settings"].update(gamma=2), "Choose a number from 0 to 1"),
        (lambda facts: facts["settings"].update(door=1), "“door”, which is unknown"),
        (lambda facts: facts.update(seeds=31), "3 to 30 seeds"),
        (lambda facts: facts.update(seeds=3.5), "damaged"),
        (lambda facts: facts.update(total_steps="1999"), "damaged"),
        (lambda facts: facts.update(total_steps=0), "Choose a whole number"),
        (lambda facts: facts.pop("axes"), "damaged"),
        (lambda facts: facts["axes"].append(facts["axes"][0]), "damaged"),
        (lambda facts: facts["axes"][0].update(setting="__class__"), "“__class__” is unknown"),
        (lambda facts: facts["axes"][0].update(setting=["seed"]), "damaged"),
        (lambda facts: facts["axes"][0].update(values=["8"] * 26), "damaged"),
        (lambda facts: facts["axes"][0].update(values=["8", "<b>"]), "hidden layers"),
        (lambda facts: facts["axes"][1].update(values=["0.1", "0.2"]), "damaged"),
        (lambda facts: facts["axes"].pop(), "damaged"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused(
    change: Callable[[dict[str, Any]], object], sentence: str, file: Path
) -> None:
    changed_facts(file, lambda facts: None)
    assert read_map(file)[0] == LAYERS
    changed_facts(file, change)
    with pytest.raises(MapFileError, match=sentence):
        read_map(file)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("seed", [0] * 18),
        ("seed", [3] * 18),
        ("hidden_sizes_place", [-1] * 18),
        ("learning_rate", ["1"] * 18),
        ("sums", [[1.0]] * 18),
        ("sums", [[float("nan")] * WINDOWS] * 18),
        ("counts", [[-1] * WINDOWS] * 18),
        ("counts", [[None] * WINDOWS] * 18),
        ("solved_at", [-5] * 18),
    ],
)
def test_rows_that_are_no_results_are_refused(column: str, values: list[Any], file: Path) -> None:
    table = pyarrow.parquet.read_table(file)
    place = table.schema.get_field_index(column)
    array = pyarrow.array(values, table.schema.field(place).type)
    pyarrow.parquet.write_table(table.set_column(place, table.schema.field(place), array), file)
    with pytest.raises(MapFileError, match="damaged"):
        read_map(file)


def test_a_damaged_byte_is_found_or_changes_no_result(file: Path) -> None:
    whole, known = file.read_bytes(), read_map(file)
    rng = np.random.default_rng(0)
    found = 0
    for place in rng.choice(len(whole), 150, replace=False):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        file.write_bytes(damaged)
        try:
            _plan, results = read_map(file)
            assert results == known[1]
        except MapFileError:
            found += 1
    assert found > 100


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 1_000], ids=len)
def test_other_bytes_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "map").write_bytes(data)
    with pytest.raises(MapFileError, match="contains no map, or it is damaged"):
        read_map(tmp_path / "map")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(MapFileError, match="none cannot be read: No such file or directory"):
        read_map(tmp_path / "none")
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "other")
    with pytest.raises(MapFileError, match="damaged"):
        read_map(tmp_path / "other")


def test_a_file_that_is_too_large_is_refused_before_it_is_unpacked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = pyarrow.table({"sums": np.zeros(6_000_000)})
    pyarrow.parquet.write_table(zeros, file, compression="zstd", use_dictionary=False)
    assert file.stat().st_size < 100_000
    with pytest.raises(MapFileError, match="too large"):
        read_map(file)
    monkeypatch.setattr(table_module, "MOST_BYTES", 1_000)
    with pytest.raises(MapFileError, match="too large"):
        read_map(file)
