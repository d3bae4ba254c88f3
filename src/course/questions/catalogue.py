"""Questions by id, of which a lesson's are loaded when one of them is asked for: with them come the lesson's models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from importlib import import_module
from pkgutil import iter_modules

from course.questions.question import Question

_PREFIX = "lesson_"


class Catalogue(MutableMapping[str, Question]):
    """The questions in the modules `lesson_01`, `lesson_02`... of a package, and those that are put in."""

    def __init__(self, package: str, path: Iterable[str]) -> None:
        names = sorted(module.name for module in iter_modules(path) if module.name.startswith(_PREFIX))
        self._modules = {name.removeprefix(_PREFIX): f"{package}.{name}" for name in names}
        self._sheets: dict[str, dict[str, Question]] = {}

    def of_sheet(self, sheet: str) -> list[Question]:
        """Return the questions of a sheet in order, and load no others; none for an unknown one."""
        return list(self._sheet(sheet).values())

    def __getitem__(self, question_id: str) -> Question:
        return self._sheet(question_id.partition("-")[0])[question_id]

    def __setitem__(self, question_id: str, question: Question) -> None:
        self._sheet(question.sheet)[question_id] = question

    def __delitem__(self, question_id: str) -> None:
        del self._sheet(question_id.partition("-")[0])[question_id]

    def __iter__(self) -> Iterator[str]:
        return (question_id for sheet in [*self._modules, *self._added()] for question_id in self._sheet(sheet))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _added(self) -> list[str]:
        return [sheet for sheet in self._sheets if sheet not in self._modules]

    def _sheet(self, sheet: str) -> dict[str, Question]:
        if sheet not in self._sheets:
            module = self._modules.get(sheet)
            known = import_module(module).QUESTIONS if module else ()
            self._sheets[sheet] = {question.id: question for question in known}
        return self._sheets[sheet]
