"""Lessons as single HTML files: slides and handouts, which ask nothing of a network."""

from course.pages.handout import handout, pdf
from course.pages.slides import slides

__all__ = ["handout", "pdf", "slides"]
