"""The static site in a real browser: complete without a kernel and a network, accessible, readable on a phone."""

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from accessible import grave
from playwright.sync_api import Browser, Page

from course.notebooks import lessons

LESSON = f"/lessons/{lessons()[1].stem}.html"
PAGES = ["/lessons/index.html", "/lessons/glossary.html", LESSON, LESSON.replace("/lessons/", "/exercises/")]
SHEETS = [
    *PAGES[:2],
    *(f"/{folder}/{lesson.stem}.html" for folder in ("lessons", "exercises") for lesson in lessons()),
]
EVERY_PAGE = [*SHEETS, "/search.html", "/genindex.html"]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    """A page for tests that leave nothing behind on it."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def requests_to(page: Page, address: str) -> list[str]:
    """Open a page, scroll through it, and return what was asked for elsewhere."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, wait_until="networkidle")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    own = urlsplit(address).netloc
    return [url for url in asked if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != own]


@pytest.mark.parametrize("path", PAGES)
def test_reading_asks_nothing_of_other_machines(site_address: str, page: Page, path: str) -> None:
    assert requests_to(page, site_address + path) == []


def test_a_request_to_another_machine_would_be_seen(site_address: str, page: Page) -> None:
    page.add_init_script("fetch('http://127.0.0.2:9/').catch(() => 0)")
    assert requests_to(page, site_address + LESSON) == ["http://127.0.0.2:9/"]


def test_the_entry_leads_to_the_front_page(site_address: str, page: Page) -> None:
    page.goto(site_address)
    page.wait_for_url("**/lessons/index.html")
    assert page.locator("h1:visible").count() == 1


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_axe_finds_nothing_serious(site_address: str, desk: Page, path: str) -> None:
    desk.goto(site_address + path)
    assert grave(desk) == []


def test_axe_would_find_a_picture_without_words(site_address: str, page: Page) -> None:
    page.goto(site_address + LESSON)
    page.evaluate("document.querySelector('article img').removeAttribute('alt')")
    assert "image-alt" in {rule for rule, _ in grave(page)}


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_phone_need_not_scroll_sideways(site_address: str, phone: Page, path: str) -> None:
    phone.goto(site_address + path)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_table_on_a_phone_breaks_no_word(site_address: str, phone: Page) -> None:
    phone.goto(site_address + PAGES[0])
    head = phone.locator("article th", has_text="Minutes").first
    lines = (
        "head => head.querySelector('p').getBoundingClientRect().height / parseFloat(getComputedStyle(head).lineHeight)"
    )
    assert head.evaluate(lines) < 1.5


@pytest.mark.parametrize("path", SHEETS)
def test_there_is_one_title_and_no_heading_skips_a_level(site_address: str, desk: Page, path: str) -> None:
    desk.goto(site_address + path)
    headings = desk.locator("article :is(h1,h2,h3,h4,h5,h6):visible")
    levels = [int(name[1]) for name in headings.evaluate_all("all => all.map(each => each.tagName)")]
    assert desk.locator("h1:visible").count() == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_an_explorer_shows_picture_sentence_and_numbers_without_a_kernel(site_address: str, page: Page) -> None:
    page.goto(site_address + LESSON)
    explorer = page.locator(".cell_output:has(figure):has(table)").last
    assert explorer.locator("img").first.evaluate("img => img.complete && img.naturalWidth > 0")
    assert len(explorer.locator("figcaption").inner_text()) > 40
    assert explorer.locator("tr").count() >= 2


def test_search_finds_a_term(site_address: str, page: Page) -> None:
    page.goto(f"{site_address}/search.html?q=roofline")
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert any("01_what_does_a_chip_buy" in link for link in links)
