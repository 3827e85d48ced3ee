"""CSVs as rows, and what is said of those that cannot be read."""

import pytest

from mialign.core import csv_files
from mialign.core.errors import InputError


def test_a_long_cell_is_read(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("text,value\n" + "a" * 200_000 + ",1\n")
    (row,) = csv_files.rows(path)
    assert (len(row["text"]), row["value"]) == (200_000, 1.0)


def test_a_wrong_cell_is_told_by_its_line_where_cells_have_several(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text('text,value\n"one\ntwo\nthree",1\nfour,five\n')
    with pytest.raises(InputError, match=r"lines.csv, line 5: the column 'value' holds 'five', which is not a number"):
        csv_files.rows(path)
