"""Export to a CSV table with a folder of images: column `image_file` of ``articles.csv`` is a path in ``images/``."""

from pathlib import Path

import pandas as pd

from core.data.export_info import CSV_TABLE
from core.data.exporters.articles import DATE, Export
from core.data.exporters.image_folder import write_images
from core.data.exporters.images import IMAGES
from core.storage.safe_csv import is_formula, spreadsheet_csv


def write(export: Export, folder: Path) -> int:
    """Write images and table into `folder`; return how many cells got an apostrophe, since they look like formulas."""
    write_images(export.images, folder)
    rows = export.rows.copy()
    rows[DATE] = [date.isoformat() if not pd.isna(date) else "" for date in rows[DATE]]
    files = [f"{IMAGES}/{image.name}" for image in export.images]
    rows.insert(rows.columns.tolist().index("image_id") + 1, "image_file", files)
    (folder / CSV_TABLE).write_bytes(spreadsheet_csv(rows).encode())
    return sum(is_formula(cell) for name in rows for cell in rows[name] if isinstance(cell, str))
