"""Each error has its exit code, and the codes are those of the documentation."""

from __future__ import annotations

import pytest

from seqdiag import errors

CODES = {"UsageError": 2, "InputError": 3, "LimitError": 3, "NothingMatched": 4, "ToolMissing": 5, "DamagedInput": 6, "OutputError": 7}


@pytest.mark.parametrize("name", CODES)
def test_exit_codes(name: str) -> None:
    error = getattr(errors, name)("x.pcap: words")
    assert isinstance(error, errors.SeqdiagError)
    assert error.exit_code == CODES[name]
    assert str(error) == "x.pcap: words"


def test_no_error_is_without_its_code() -> None:
    found = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.SeqdiagError)}
    assert found == {*CODES, "SeqdiagError"}
    assert errors.SeqdiagError.exit_code == 70


def test_a_limit_is_an_input_that_cannot_be_read() -> None:
    assert issubclass(errors.LimitError, errors.InputError)
