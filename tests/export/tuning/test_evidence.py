from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.errors import TuningError
from export.tuning.evidence import Served, read_config, restore, write, write_if_changed

OLD = '# by hand\nname: "engine"\nmax_batch_size: 4\n'


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    (tmp_path / "config.pbtxt").write_text(OLD)
    return tmp_path


def tuned(batch: int) -> ModelConfig:
    return ModelConfig(name="engine", max_batch_size=batch)


def test_the_winner_is_written_with_the_reasons(engine: Path) -> None:
    write(engine, Served(tuned(8)), {"winner": "this one"})
    assert text_format.Parse((engine / "config.pbtxt").read_text(), ModelConfig()) == tuned(8)
    assert '"winner": "this one"' in (engine / "tuning.json").read_text()


def test_restoring_brings_the_old_config_back_to_the_letter(engine: Path) -> None:
    write(engine, Served(tuned(8)), {})
    write(engine, Served(tuned(9)), {})
    assert restore(engine)
    assert (engine / "config.pbtxt").read_text() == OLD
    assert {path.name for path in engine.rglob("*") if path.is_file()} == {"config.pbtxt"}
    assert not restore(engine)


def test_tuning_starts_from_what_was_there_before_any(engine: Path) -> None:
    write(engine, Served(tuned(8)), {})
    assert read_config(engine).max_batch_size == 4


def test_a_model_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match=r"absent has no config .*, build it first: "):
        read_config(tmp_path / "absent", "build it first")


def test_a_model_that_is_served_as_before_is_not_rewritten(engine: Path) -> None:
    write_if_changed(engine, tuned(8), {})
    assert read_config(engine).max_batch_size == 4
    assert "max_batch_size: 8" in (engine / "config.pbtxt").read_text()
    write_if_changed(engine, read_config(engine), {})
    assert (engine / "config.pbtxt").read_text() == OLD
    write_if_changed(engine, read_config(engine), {})
    assert (engine / "config.pbtxt").read_text() == OLD


def test_a_graph_comes_and_goes_with_the_config_that_names_it(engine: Path) -> None:
    write(engine, Served(tuned(8), b"graph"), {})
    assert (engine / "1/model.int8.onnx").read_bytes() == b"graph"
    write(engine, Served(tuned(9)), {})
    assert not (engine / "1/model.int8.onnx").exists()
    write(engine, Served(tuned(8), b"graph"), {})
    assert restore(engine)
    assert {path.name for path in engine.rglob("*") if path.is_file()} == {"config.pbtxt"}


def test_a_config_never_names_a_graph_that_is_not_there(engine: Path) -> None:
    (engine / "1").mkdir()
    (engine / "1/.model.int8.onnx.part").mkdir()  # as if the disk were full: this file cannot be written
    with pytest.raises(OSError, match=r"model\.int8"):
        write(engine, Served(tuned(8), b"graph"), {})
    assert (engine / "config.pbtxt").read_text() == OLD
