"""The pages as `make docs` has built them: links lead somewhere, nothing is fetched, search finds; all code is run."""

import functools
import http.server
import re
import shutil
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import softspots
import softspots.io

HERE = Path(__file__).parent
BUILT = HERE.parent / "build" / "docs"
PAGES = sorted(path for path in BUILT.rglob("*.html") if path.parts[len(BUILT.parts)] != "_static")
EXAMPLES = {"python", "sh", "toml"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Links(HTMLParser):
    """What a page links to and loads, and the places in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.places = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.places |= {attrs[name] for name in ("id", "name") if attrs.get(name)}
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        elif tag in ("img", "script", "iframe") and attrs.get("src"):
            self.loads.append(attrs["src"])
        elif tag == "link" and attrs.get("rel") in ("stylesheet", "icon", "preload") and attrs.get("href"):
            self.loads.append(attrs["href"])


@functools.cache
def links_of(path):
    return Links(path)


def test_there_are_pages():
    assert len(PAGES) > 50


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(BUILT)) for page in PAGES])
def test_links_lead_somewhere_and_nothing_is_fetched(page):
    found, lost = links_of(page), []
    for target in found.links + found.loads:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            if target in found.loads and parts.scheme != "data":
                lost.append(target)
            continue
        there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        place = unquote(parts.fragment) if there.suffix == ".html" else ""
        if not there.is_file() or (place and place not in links_of(there).places):
            lost.append(target)
    assert lost == []


def test_every_public_name_has_a_page():
    for package in (softspots, softspots.io):
        for name in package.__all__:
            assert (BUILT / "api" / f"{package.__name__}.{name}.html").is_file(), name


def test_every_block_of_code_is_an_example():
    """Of a language that `conftest` runs, or of none; what is indented would not be run."""
    for page in [*HERE.glob("*.md"), *HERE.glob("formats/*.md")]:
        text = page.read_text(encoding="utf-8")
        for language in re.findall(r"^```(\S+)", text, re.MULTILINE):
            assert language in EXAMPLES | {"text"} or language.startswith("{"), (page.name, language)
        outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"\n\n {4}[^ *\-\d]", outside), page.name


def test_the_readme_says_what_the_pages_say():
    """Its Python is that of the start page, which runs."""
    blocks = re.compile(r"```python\n(.*?)```", re.DOTALL)
    readme, start = (
        (folder / name).read_text("utf-8") for folder, name in ((HERE.parent, "README.md"), (HERE, "index.md"))
    )
    assert blocks.findall(readme) == blocks.findall(start)


@pytest.fixture(scope="module")
def site():
    """The pages behind an address, as search reads them by it."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=BUILT)
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, site):
    """Open a page at a width; errors, and requests to anyone else, fail the test."""
    said, asked, contexts = [], [], []

    def opened(path, width=1280, height=900):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{site}/{path}", wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((site, "data:", "blob:"))] == []


@pytest.mark.parametrize("words, page", [("participation ratio", "participation_ratio"), ("GSD", "formats/gsd")])
def test_search_finds(visit, words, page):
    found = visit(f"search.html?q={words.replace(' ', '+')}")
    found.wait_for_selector("#search-results li", timeout=20_000)
    found.wait_for_function(f"[...document.querySelectorAll('#search-results a')].some(a => a.href.includes('{page}'))")


def test_equations_are_set(visit):
    page = visit("method.html")
    page.wait_for_selector("mjx-container", timeout=20_000)
    assert page.locator("mjx-container").count() > 40
    assert page.locator("mjx-merror").count() == 0


def test_nothing_is_wider_than_the_window(visit):
    """Tables and blocks of code scroll on their own."""
    page, wide = visit("index.html"), []
    site = page.url.removesuffix("index.html")
    for path in (one.relative_to(BUILT) for one in PAGES if "_modules" not in one.parts):
        page.goto(f"{site}{path}", wait_until="load")
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(f"{path} at {width}")
    assert wide == []


def test_what_no_one_calls_has_no_signature():
    table = (BUILT / "api.html").read_text(encoding="utf-8")
    ends = {name: table.split(f'title="softspots.{name}"', 1)[1].split("</td>", 1)[0] for name in ("Frames", "Box")}
    assert "(" not in ends["Frames"] and "([length_x" in ends["Box"]
    for name in ("Frames", "PairPotential", "Forces"):
        page = (BUILT / "api" / f"softspots.{name}.html").read_text(encoding="utf-8")
        assert "sig-paren" not in page.split("<dt", 2)[1].split("</dt>")[0], name
