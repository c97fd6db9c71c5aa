"""Every column of every template is explained in Swedish, and nothing else is."""

import pytest

from pipelines.ingest.profiles import TEMPLATE_NAMES
from schemas.contract import load_contracts
from schemas.template_words import EVERYWHERE, MEANINGS, SHEETS, meaning_sv, sheet_of


@pytest.mark.parametrize("table", TEMPLATE_NAMES)
def test_every_template_and_each_of_its_columns_is_explained(table):
    contract = load_contracts()[table]
    unexplained = [c for c in contract.template_columns().values() if not meaning_sv(contract, c)]
    assert unexplained == []
    assert table in SHEETS
    assert sheet_of(contract).purpose.endswith(".")


def test_nothing_is_explained_that_no_template_has():
    columns = {
        (table, column)
        for table in TEMPLATE_NAMES
        for column in load_contracts()[table].template_columns().values()
    }
    assert set(MEANINGS) <= columns
    assert set(EVERYWHERE) <= {column for _, column in columns}
    assert set(SHEETS) <= set(TEMPLATE_NAMES)


def test_words_are_sentences_and_sheets_have_names_a_workbook_takes():
    for text in (*MEANINGS.values(), *EVERYWHERE.values()):
        assert text[0].isupper()
        assert text.endswith(".")
    titles = [sheet.title for sheet in SHEETS.values()]
    assert all(len(title) <= 31 and not set(title) & set(r"[]:*?/\\") for title in titles)
    assert len(set(titles)) == len(titles)
