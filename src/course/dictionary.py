"""The data dictionary in `datasets/README.md`, written from `datapackage.json` and the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.data import load, tables
from course.notebooks import DriftError
from course.paths import DATASETS

BEGIN = "<!-- from here on made by `course build` out of datapackage.json -->"
END = "<!-- up to here -->"


def dictionary(folder: Path = DATASETS) -> str:
    """Return the tables with their rows and keys, then what every column means, as Markdown.

    `DataError` if a file is broken.
    """
    resources = tables(folder)
    lines = ["| Table | What it holds | Rows | Key |", "|---|---|---:|---|"]
    for name, resource in resources.items():
        key = resource["schema"]["primaryKey"]
        lines.append(f"| `{resource['path']}` | {resource['description']} | {len(load(name, folder))} | `{key}` |")
    for resource in resources.values():
        lines += ["", f"<details><summary>Columns of <code>{resource['path']}</code></summary>", ""]
        lines += [*_columns(resource["schema"]), "", "</details>"]
    return "\n".join(lines)


def renewed(text: str, folder: Path = DATASETS) -> str:
    """Return `text` with the part between the marks written anew; `ValueError` unless both marks are there once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"the text needs the lines {BEGIN!r} and {END!r}, once each")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{dictionary(folder)}\n\n{END}{after}"


def write(*, check: bool = False) -> Path:
    """Renew `datasets/README.md` and return it; with `check`, write nothing and raise `DriftError` on drift."""
    readme = DATASETS / "README.md"
    text = readme.read_text("utf-8")
    new = renewed(text)
    if check and new != text:
        raise DriftError(f"datasets/{readme.name} is not what datapackage.json and the tables say; run: course build")
    if not check:
        readme.write_text(new, "utf-8")
    return readme


def _columns(schema: dict[str, Any]) -> Iterator[str]:
    references = {key["fields"]: key["reference"] for key in schema.get("foreignKeys", [])}
    yield "| Column | Type | Unit | Meaning |"
    yield "|---|---|---|---|"
    for field in schema["fields"]:
        meaning = field["description"]
        if "enum" in field.get("constraints", {}):
            meaning += " One of: " + ", ".join(field["constraints"]["enum"]) + "."
        if field["name"] in references:
            target = references[field["name"]]
            meaning += f" Found in `{target['resource']}`, `{target['fields']}`."
        yield f"| `{field['name']}` | {field['type']} | {field.get('unit', '')} | {meaning.replace('|', ' or ')} |"
