"""Reports as pages of HTML: one for each learner, who sees no answers and no others, and one for the class.

A page needs no other file and runs no script. Everything that a learner wrote is escaped.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from course import questions
from course.checking import items
from course.checking.report import STATUSES, by_submission, clean, counted, replace
from course.checking.rows import Row
from course.runner.sandbox import WALLS

_STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --faint: #59636e; --line: #d5dae0; --accent: #0072b2; }
body { font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); }
body { max-width: 66rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p.lead { color: var(--faint); margin: 0 0 1.4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); }
td, tbody th { overflow-wrap: break-word; max-width: 26rem; }
thead th { border-bottom: 2px solid var(--ink); font-size: .88rem; white-space: nowrap; overflow-wrap: normal; }
tbody th { font-weight: 600; }
td.number, th.number { text-align: right; }
td.status { white-space: nowrap; font-weight: 600; }
.right { color: #00694d; } .wrong { color: #a84300; } .error { color: #8f3f71; }
.timeout, .unreadable { color: #7a5c00; } .not_attempted { color: var(--faint); }
td:has(meter) { white-space: nowrap; }
meter { width: 6rem; height: .8rem; vertical-align: middle; }
a { color: var(--accent); }
@media print { body { margin: 0; max-width: none; } }
"""
# nothing may be loaded or run, whatever slipped into a page
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write(rows: Sequence[Row], missing: Sequence[str] | None, out: Path) -> list[Path]:
    """Write class.html and a page for each submission in `learners`; return the files.

    `missing` names the walls around learners' code that did not stand; None if none was run this time.
    """
    folder = out / "learners"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, own in by_submission(rows):
        replace(folder / file_name(name), learner_page(name, own))
        files.append(folder / file_name(name))
    replace(out / "class.html", class_page(rows, missing))
    return [out / "class.html", *files]


def file_name(submission: str) -> str:
    """Return a name for a submission's page which is safe on every disk, and its own.

    >>> file_name("../../anna.ipynb")
    'anna-d2ec1163.html'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", submission.removesuffix(".ipynb")).strip("-")[:60] or "submission"
    return f"{plain}-{hashlib.sha256(submission.encode()).hexdigest()[:8]}.html"


def learner_page(name: str, rows: Sequence[Row]) -> str:
    """Return one submission's page: each question with what came of it and what to look at again."""
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    lines = [
        [
            f'<th scope="row">{_text(row.question or "-")}</th>',
            f"<td>{_text(_asks(row.question))}</td>",
            _status(row),
            f'<td class="number">{row.points} of {row.max_points}</td>',
            f"<td>{_text(row.message)}{_where(row)}</td>",
        ]
        for row in rows
    ]
    heads = ["Question", "What it asks", "Result", "!Points", "Remark"]
    body = (
        f"<h1>{_text(name)}</h1>\n<p class='lead'>{points} of {most} points: "
        f"{_text(counted(Counter(row.status for row in rows)))}.</p>\n{table('Results by question', heads, lines)}"
    )
    return page(clean(name), body)


def class_page(rows: Sequence[Row], missing: Sequence[str] | None) -> str:
    """Return the page on the class: its marks, its questions, and what stood around the code that was run."""
    submissions = list(by_submission(rows))
    count = len(submissions)
    lead = f"{count} submission{'' if count == 1 else 's'}: {counted(Counter(row.status for row in rows))}."
    body = [
        "<h1>Marks of the class</h1>",
        f"<p class='lead'>{_text(lead)}</p>",
        "<h2>Questions</h2>",
        _items(rows),
        "<h2>Submissions</h2>",
        table(
            "Points of each submission; the name leads to its own page",
            ["Submission", "!Points", "Share", "Answers"],
            [_submission(name, own) for name, own in submissions],
        ),
        "<h2>Walls around the code that was run</h2>",
        f"<p>{_walls(missing)}</p>",
    ]
    return page("Marks of the class", "\n".join(body))


def _items(rows: Sequence[Row]) -> str:
    lines = []
    for item in items.analyse(rows):
        wrong = "none was recognised"
        if item.misconception is not None:
            wrong = f"{item.misconception[0]} ({item.misconception[1]} of {item.sheets})"
        lines.append(
            [
                f'<th scope="row">{_text(item.question)}</th>',
                f"<td>{_text(_asks(item.question))}</td>",
                f"<td>{_meter(item.difficulty)}</td>",
                f'<td class="number">{"-" if item.discrimination is None else f"{item.discrimination:+.2f}"}</td>',
                f"<td>{_text(wrong)}</td>",
                f"<td>{_text(counted(item.statuses))}</td>",
            ]
        )
    caption = (
        "Discrimination is the correlation of a right answer with the points on the rest of the sheet: below 0.1 a "
        "question does not tell strong sheets from weak ones. A dash: all sheets are alike in one of the two."
    )
    heads = ["Question", "What it asks", "Right", "!Discrimination", "Most common misconception", "Answers"]
    return table(caption, heads, lines)


def _submission(name: str, rows: list[Row]) -> list[str]:
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    return [
        f'<th scope="row"><a href="learners/{file_name(name)}">{_text(name)}</a></th>',
        f'<td class="number">{points} of {most}</td>',
        f"<td>{_meter(points / most if most else 0.0)}</td>",
        f"<td>{_text(counted(Counter(row.status for row in rows)))}</td>",
    ]


def _walls(missing: Sequence[str] | None) -> str:
    if missing is None:
        return "No code was run this time: all marks were kept from before."
    stood = [wall for wall in WALLS if wall not in missing]
    standing = f"These stood: {', '.join(stood)}." if stood else "None stood."
    lacking = f" <strong>These were missing: {_text(', '.join(missing))}.</strong>" if missing else ""
    return f"{_text(standing)}{lacking}"


def _where(row: Row) -> str:
    if row.status == "right" or row.question not in questions.ALL:
        return ""
    question = questions.get(row.question)
    lead = "<br>" if row.message else ""
    return f"{lead}Look again at lesson {_text(question.sheet)}, “{_text(question.section)}”."


def _status(row: Row) -> str:
    return f'<td class="status {row.status}">{_text(STATUSES[row.status][0])}</td>'


def _meter(share: float) -> str:
    return f'<meter value="{share:.3f}" aria-hidden="true"></meter> {share:.0%}'


def _asks(question: str) -> str:
    return questions.ALL[question].asks if question in questions.ALL else ""


def table(caption: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table; a head that begins with `!` stands over numbers."""
    top = "".join(
        f'<th scope="col"{" class=number" if head.startswith("!") else ""}>{_text(head.lstrip("!"))}</th>'
        for head in heads
    )
    body = "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(caption)}"><table><caption>{_text(caption)}'
        f"</caption><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, the title is escaped."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def _text(text: str) -> str:
    return html.escape(clean(text))
