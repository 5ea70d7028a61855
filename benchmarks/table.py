"""A table of figures: what, measured, the baseline of the same run, the target."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One row. `measured` and `baseline` carry their unit; `target` is what PERFORMANCE asks for."""

    what: str
    measured: str
    target: str = ""
    baseline: str = ""
    met: bool | None = None


def show(title: str, figures: list[Figure]) -> None:
    """Print the rows."""
    table = Table("What", "Measured", "Target", "Baseline, same run", "", title=title, title_justify="left")
    for figure in figures:
        mark = "" if figure.met is None else "[green]met[/]" if figure.met else "[red]missed[/]"
        table.add_row(figure.what, figure.measured, figure.target, figure.baseline, mark)
    Console(width=160).print(table)
