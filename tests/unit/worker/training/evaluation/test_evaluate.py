"""The table that evaluate prints for any weights."""

import cv2
import numpy as np

from worker.pipeline.detect.weights import SHIPPED
from worker.training.evaluation.__main__ import main


def test_the_table_has_what_is_found_and_what_is_read(tmp_path, monkeypatch, capsys):
    cv2.imwrite(str(tmp_path / "1.png"), np.full((90, 160, 3), 90, np.uint8))
    (tmp_path / "1.txt").write_text("1.png 20 20 60 30 ABC123")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(
        "sys.argv", ["evaluate", str(SHIPPED), "--pixels", "320", "--photos", str(tmp_path)]
    )

    main()

    table = capsys.readouterr().out
    assert f"{SHIPPED.name}, 320" in table
    for row in (
        "plate covered at 0.25",
        "found as a plate at 0.5",
        "plate strictly exact",
        "plate near",
    ):
        assert f"{row} " in table
    assert table.count("0.000 (0.000 to 0.793)") == 10
