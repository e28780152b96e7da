"""Mappings offered and offered again as text that can be read back."""

import pytest

from accounts.mappings import parse_mapping, parse_toml
from loyalty.console.mapping_text import TEMPLATES, as_toml


@pytest.mark.parametrize("target", ["activities", "accounts", "products"])
def test_the_templates_are_valid_and_can_be_written_again(target):
    mapping = parse_toml(TEMPLATES[target])

    assert parse_mapping(mapping, target=target)
    assert parse_toml(as_toml(mapping)) == mapping


def test_any_mapping_can_be_written_again():
    mapping = {
        "file": {"delimiter": "\t", "thousands": '"'},
        "columns": {
            "external_id": ["Bestellung \\ Nr.", "Zeile\x7f"],
            "date": {"column": "Däy", "format": "%d.%m.%Y"},
        },
        "attributes": {"two words": "x"},
    }

    assert parse_toml(as_toml(mapping)) == mapping
