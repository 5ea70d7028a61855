"""A report for the tests."""

from sojourn.apps.health.report import Finding, Loop, Report, Size
from sojourn.terms.time import Millis

AT: Millis = 1_767_225_600_000


def a_report(**changes: object) -> Report:
    """An installation that runs, with these changes."""
    values: dict[str, object] = {
        "loops": [Loop("engine", "running", "folds", AT, 3, "records", 1.5, ""), Loop("lake", "running", "files", AT, 0, "batches", 0.0, "")],
        "findings": [Finding("disk", ok=True, text="8.0 GB free"), Finding("engine", ok=True, text="The engine is 3 records behind the log")],
        "sizes": [Size("Database", "people", 2_048, 1), Size("Lake", "history", 5_000_000, 7)],
        "free_bytes": 1_000,
        "disk_bytes": 4_000,
        "log_records": 1_234,
        "lake_waiting": 2,
        "outbox": 5,
        "intents": {"ready": 6},
        "versions": [("Sojourn", "0.1.0")],
        "settings": [("SOJOURN_HOME", "/data", "Folder for all data.")],
    }
    return Report(**{**values, **changes})  # type: ignore[arg-type]  # names of fields, checked by the dataclass
