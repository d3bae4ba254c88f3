"""The claims ledger: the learner's own verdict on each claim, and what moved it, kept from lesson to lesson."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets

from course import state
from course.data import UnknownName, load

FILE = "ledger"
VERDICTS = ("supported", "mixed", "contradicted", "untestable")
"""What can be said of a claim; *mixed* has weighty evidence both ways."""

_OPEN = "not yet"


@dataclass(frozen=True)
class Ledger:
    """A form with a line for each of some claims: a verdict, and the number or fact that moved the learner.

    `UnknownName` if there is no such claim. Without a kernel the claims and what the learner is asked for remain.
    """

    claims: tuple[str, ...]

    def __init__(self, *claims: str) -> None:
        object.__setattr__(self, "claims", claims)
        self._rows()

    def __repr__(self) -> str:
        return "\n".join(f"{claim} {text} Your verdict: ... because ..." for claim, text in self._rows().items())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        items = "".join(f"<li>{escape(line)}</li>" for line in repr(self).splitlines())
        live = self._form()._repr_mimebundle_() or {}
        return {**live, "text/plain": repr(self), "text/html": f"<ul>{items}</ul>"}

    def save(self, claim: str, verdict: str, because: str) -> str:
        """Store a verdict and say so; `ValueError` names what is missing or allowed."""
        if claim not in self.claims:
            raise ValueError(f"claim = {claim!r} is not in this form; allowed: {', '.join(self.claims)}")
        if verdict not in VERDICTS:
            raise ValueError(f"{claim}: choose a verdict: {', '.join(VERDICTS)}")
        if not because.strip():
            raise ValueError(f"{claim}: say what moved you, best a number")
        state.update(FILE, lambda saved: saved | {claim: {"verdict": verdict, "because": because.strip()}})
        return f"{claim} saved: {verdict}."

    def _rows(self) -> dict[str, str]:
        texts = _claims()
        for claim in self.claims:
            if claim not in texts:
                raise UnknownName("claim", claim, texts)
        return {claim: texts[claim] for claim in self.claims}

    def _form(self) -> widgets.VBox:
        return widgets.VBox([self._line(claim, text) for claim, text in self._rows().items()])

    def _line(self, claim: str, text: str) -> widgets.VBox:
        saved = state.load(FILE).get(claim, {})
        verdict = widgets.Dropdown(
            options=[_OPEN, *VERDICTS],
            value=saved.get("verdict", _OPEN),
            description=f"{claim}: verdict",
            style={"description_width": "initial"},
        )
        because = widgets.Text(
            value=saved.get("because", ""),
            description="because",
            placeholder="the number that moved you",
            layout=widgets.Layout(flex="1 1 320px", width="auto"),
        )
        button = widgets.Button(description="Save", tooltip=f"Save the verdict on {claim}")
        said = widgets.HTML()

        def store(_: widgets.Button) -> None:
            try:
                said.value = escape(self.save(claim, verdict.value, because.value))
            except (ValueError, OSError) as error:
                said.value = f"<strong>Not saved:</strong> {escape(str(error))}"

        button.on_click(store)
        row = widgets.HBox([verdict, because, button], layout=widgets.Layout(flex_flow="row wrap", width="100%"))
        return widgets.VBox([widgets.HTML(f"<p>{escape(claim)} {escape(text)}</p>"), row, said])


@dataclass(frozen=True)
class Evidence:
    """What the course's table of claims says for and against some claims, and its own provisional verdict."""

    claims: tuple[str, ...]

    def __repr__(self) -> str:
        parts = []
        for row in self._rows():
            parts.append(
                f"{row['claim_id']} {row['claim']}\n  for: {row['evidence_for']} [{row['evidence_for_source']}]\n"
                f"  against: {row['evidence_against']} [{row['evidence_against_source']}]\n"
                f"  the course so far: {row['verdict']}; it would change with: {row['would_change']}"
            )
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{escape(row["claim_id"])} '
            f"{escape(row['claim'])}</th>"
            + "".join(
                f'<td style="text-align:left;vertical-align:top">{escape(text)}</td>'
                for text in (
                    f"{row['evidence_for']} [{row['evidence_for_source']}]",
                    f"{row['evidence_against']} [{row['evidence_against_source']}]",
                    f"{row['verdict']}. It would change with: {row['would_change']}",
                )
            )
            + "</tr>"
            for row in self._rows()
        )
        heads = "".join(
            f'<th scope="col" style="text-align:left">{head}</th>'
            for head in ("Claim", "Evidence for", "Evidence against", "The course's verdict so far")
        )
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

    def _rows(self) -> list[dict[str, str]]:
        table = load("claims").set_index("claim_id", drop=False)
        return [{str(name): str(cell) for name, cell in table.loc[claim].items()} for claim in self.claims]


def evidence(*claims: str) -> Evidence:
    """Return the evidence for and against some claims; `UnknownName` if there is no such claim."""
    for claim in claims:
        if claim not in _claims():
            raise UnknownName("claim", claim, _claims())
    return Evidence(claims)


def claim_ids() -> tuple[str, ...]:
    """Return the ids of all claims in order."""
    return tuple(_claims())


def _claims() -> dict[str, str]:
    rows = load("claims")
    return dict(zip(rows["claim_id"], rows["claim"], strict=True))
