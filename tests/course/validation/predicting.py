"""How the tests of predictors put their questions."""

from course.validation.ask import ask as predict

__all__ = ["predict"]
