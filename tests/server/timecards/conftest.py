import pytest

from server.gate import furnish, sqlite_engine


@pytest.fixture
def gate(tmp_path):
    engine = sqlite_engine(tmp_path)
    yield furnish(engine)
    engine.dispose()
