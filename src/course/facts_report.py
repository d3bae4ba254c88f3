"""What `course facts` shows of the data: the inventory as a table, an audit as a list to work through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from rich import box
from rich.table import Table

from course.facts import KINDS, Drawn, Inventory
from course.paths import ROOT


def counts(inventory: Inventory) -> Table:
    """Return the tables with their rows and the share of each kind of source, the total last."""
    result = Table("Table", "Rows", "What stands behind them", box=box.SIMPLE)
    result.columns[0].no_wrap = True
    result.columns[1].justify = "right"
    for name, row in inventory.counts.iterrows():
        result.add_row(str(name), f"{row['rows']:,}", _shares(row))
    result.add_section()
    total = inventory.counts.sum()
    result.add_row("all", f"{total['rows']:,}", _shares(total), style="bold")
    return result


def remarks(inventory: Inventory) -> Iterator[str]:
    """Yield a line for each thing that should not be there: `none` where all is well."""
    for what, names in (
        ("Sources past their review_by", inventory.overdue),
        ("Sources that no row uses", inventory.unused),
        ("Tables that no notebook reads", inventory.unread),
    ):
        yield f"{what}: {', '.join(names) or 'none'}"


def audit(drawn: Sequence[Drawn]) -> Iterator[str]:
    """Yield the rows of an audit: what the table says, and where to look it up."""
    for number, one in enumerate(drawn, 1):
        yield f"{number:3d}  {one.table}, {one.key}: {one.column} = {one.value}  ({one.confidence})"
        yield f"     {one.source}" + (f"; {one.locator}" if one.locator else "")
        yield f"     {one.address}" if one.address else "     no public address"


def readers(table: str, paths: Sequence[Path]) -> str:
    """Say which notebooks read a table."""
    return f"{table}: {', '.join(path.relative_to(ROOT).as_posix() for path in paths) or 'no notebook reads it'}"


def _shares(row: pd.Series) -> str:
    """Return the kinds with their share, the largest first; what is there at all never shows as 0 %."""
    present = sorted((kind for kind in KINDS if row[kind]), key=lambda kind: -row[kind])
    return ", ".join(f"{kind} {max(row[kind] / row['rows'], 0.01):.0%}" for kind in present)
