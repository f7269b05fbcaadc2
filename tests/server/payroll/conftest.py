import pytest

from server.gate import open_gate


@pytest.fixture
def gate(database_url):
    with open_gate(database_url) as made:
        yield made
