"""What the site's builder refuses; the pages themselves are tested in a browser."""

from pathlib import Path

import pytest

from course import site

PAGE = '<html><body><h1 id="top">x</h1><a href="{}">y</a></body></html>'


@pytest.mark.parametrize(
    ("address", "says"),
    [("gone.html", "leads to no file"), ("#bottom", "leads to no such place"), ("b.html#bottom", "no such place")],
)
def test_a_dead_link_is_named(tmp_path: Path, address: str, says: str) -> None:
    (tmp_path / "a.html").write_text(PAGE.format(address), "utf-8")
    (tmp_path / "b.html").write_text(PAGE.format("a.html#top"), "utf-8")
    (found,) = site.broken_links(tmp_path)
    assert found.startswith(f"a.html: {address} ")
    assert says in found


def test_links_that_lead_somewhere_and_out_of_the_site_are_left_alone(tmp_path: Path) -> None:
    for name, address in (("a.html", "#top"), ("b.html", "a.html#top"), ("c.html", "https://example.org/none")):
        (tmp_path / name).write_text(PAGE.format(address), "utf-8")
    assert site.broken_links(tmp_path) == []


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(site.SiteError, match="would be replaced"):
        site.build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "mine"
