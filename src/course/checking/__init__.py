"""Checking answers: `check()` and `hint()` for the learner; graft, run, judge and report for the instructor."""

from course.checking.learner import check, hint

__all__ = ["check", "hint"]
