"""What axe-core finds on a page that would keep somebody from using it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Of the words of a program, one of each colour is looked at: they are half of a lesson, and take most of the time.
_THIN = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll('pre span[class]')) {
        if (seen.has(word.className)) word.replaceWith(...word.childNodes);
        seen.add(word.className);
    }
}"""


def grave(page: Page) -> list[tuple[str, list[str]]]:
    """Return each rule that is broken seriously, with a few of the elements that break it; thins the page's code."""
    page.evaluate(_THIN)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"][:3]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
