"""Runs a grafted sheet under nbval: from a warm process that forks, inside walls, or afresh where neither is to be had.

Nothing here knows a question or an answer, because a learner's code runs in processes forked from it.
"""
