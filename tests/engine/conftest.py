import engine_models
import pytest

from piiforge.pack import Packing
from piiforge.pack import pack as make_pack


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return engine_models.make(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def pack(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("packs") / "pack"
    asked = Packing(model, rows=0)
    return make_pack(asked, out, force=False, progress=lambda *_: None)
