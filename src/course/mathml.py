"""A Sphinx extension: formulas as MathML, which browsers draw and screen readers read without a script."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer under the name `mathml`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def plain(formula: str) -> str:
    r"""Return a formula without the sizes of its brackets, which MathML finds by itself.

    >>> plain(r"\Big(x\Big)")
    '(x)'
    """
    return re.sub(r"\\[Bb]igg?[lr]?(?![a-z])", "", formula)


def _inline(translator: Any, node: nodes.Node) -> None:
    translator.body.append(tex2mathml(plain(node.astext())))
    raise nodes.SkipNode


def _display(translator: Any, node: nodes.Node) -> None:
    formula = tex2mathml(plain(node.astext()), as_block=True)
    translator.body.append(f'<div class="formula" tabindex="0">{formula}</div>')  # a wide one is scrolled by keyboard
    raise nodes.SkipNode
