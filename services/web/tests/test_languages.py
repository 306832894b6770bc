"""Korean and English: complete, chosen by the browser or by the visitor, and kept."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from blackbox.pages import Page
from platform_web.assets.bundle import Assets
from platform_web.rendering.catalogues import catalogue_file
from platform_web.rendering.pages import TEMPLATES, Pages, Site
from platform_web.visitor.preferences import language_of
from webtests.browser import cookie_lines

ROOT = Path(__file__).parents[1]
# The names of gettext, and how many of their arguments are messages or contexts.
GETTEXT = {"_": 1, "gettext": 1, "ngettext": 2, "pgettext": 2, "npgettext": 3}
PARSER = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def words_of_the_sources() -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found = extract_from_dir(ROOT / "src" / "platform_web", mapping, options, keywords=keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def korean():
    return read_po(BytesIO(catalogue_file("ko").read_bytes()), locale="ko")


def test_every_word_of_the_pages_is_there_in_korean():
    known = {
        message.id if isinstance(message.id, str) else message.id[0]: message for message in korean() if message.id
    }

    assert words_of_the_sources() - known.keys() == set(), "make translations, then translate"
    untranslated = [name for name, message in known.items() if not all(as_list(message.string)) or message.fuzzy]
    assert untranslated == []


def test_the_catalogue_holds_nothing_that_no_page_says():
    known = {as_list(message.id)[0] for message in korean() if message.id}

    assert known - words_of_the_sources() == set(), "make translations"


def calls_of_gettext(source: str) -> list[nodes.Call]:
    tree = PARSER.parse(source)
    named = [node for node in tree.find_all(nodes.Name) if node.name in GETTEXT]
    calls = [call for call in tree.find_all(nodes.Call) if call.node in named]
    assert len(calls) == len(named), "an alias of gettext cannot be checked"
    return calls


def is_literal(call: nodes.Call) -> bool:
    assert isinstance(call.node, nodes.Name)
    number = GETTEXT[call.node.name]
    messages = call.args[:number]
    return len(messages) == number and all(isinstance(message, nodes.Const) for message in messages)


def test_the_check_of_gettext_calls_finds_variables():
    variables = (
        "_(a)",
        '_("b" ~ c)',
        'ngettext("d", e, 2)',
        'pgettext("f", g)',
        'npgettext("h", "i", j, 2)',
        "_(message=k)",
    )
    literals = '_("l %(m)s", m=n)', 'ngettext("o", "p", q)', 'pgettext("r", "s")', 'npgettext("t", "u", "v", w)'

    for expected, calls in ((False, variables), (True, literals)):
        source = " ".join(f"{{{{ {call} }}}}" for call in calls)
        assert [is_literal(call) for call in calls_of_gettext(source)] == [expected] * len(calls)


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_templates_pass_only_literals_to_gettext_and_never_turn_escaping_off(template):
    """`_` returns markup: what is in a variable would reach the page unescaped, and `%` in it would raise."""
    source = template.read_text(encoding="utf-8")

    assert [call.lineno for call in calls_of_gettext(source) if not is_literal(call)] == [], "use `| translated`"
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", source)


def test_a_message_in_a_variable_is_translated_and_escaped():
    zone = ZoneInfo("Asia/Seoul")
    pages = Pages(Site("Haru", None, has_shop=True, has_mail=True), Assets(), zone)
    environment = pages.environment("ko")

    text = environment.from_string("{{ known | translated }} {{ given | translated }}").render(
        known="Log in", given="<script>100% %(x)s</script>"
    )

    assert text == "로그인 &lt;script&gt;100% %(x)s&lt;/script&gt;"


def test_translations_keep_the_places_of_what_is_filled_in():
    for message in korean():
        if message.id:
            expected = set(PLACEHOLDER.findall(as_list(message.id)[-1]))
            for text in as_list(message.string):
                assert set(PLACEHOLDER.findall(text)) == expected, message.id


def as_list(text) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-GB,ko;q=0.5", "en"),
        ("fr;q=0.9, ko;q=0.4, en;q=0.2", "ko"),
        ("ko;q=0, en", "en"),
        ("de", "en"),
        ("", "en"),
        ("ko;q=nonsense", "en"),
    ],
)
def test_the_browsers_language_is_taken_unless_one_was_chosen(accepted, language):
    assert language_of(None, accepted) == language
    assert language_of("ko", accepted) == "ko"
    assert language_of("xx", accepted) == language


async def test_a_choice_is_kept_and_leads_back_to_the_page(browser):
    form = (await browser.page("/log-in?next=/orders")).form("/preferences")

    response = await browser.submit(form, {"language": "ko"})

    assert response.headers["location"] == "/log-in?next=/orders"
    assert "Max-Age=31536000" in cookie_lines(response)["__Host-lang"]
    page = await browser.page("/log-in")
    assert (page.language, page.title) == ("ko", "로그인 · Haru")


async def test_a_theme_is_kept(browser):
    form = (await browser.page("/")).form("/preferences")

    response = await browser.submit(form, {"theme": "dark"})

    line = "__Host-theme=dark; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
    assert cookie_lines(response)["__Host-theme"] == line
    [attributes] = [attributes for tag, attributes in (await browser.page("/")).tags if tag == "html"]
    assert attributes["data-theme"] == "dark"


async def test_nothing_that_is_no_choice_is_kept(browser):
    form = (await browser.page("/")).form("/preferences")

    response = await browser.submit(form, {"theme": "plaid", "language": "xx", "back": "//elsewhere.example"})

    assert response.headers["location"] == "/"
    assert not cookie_lines(response)


@pytest.mark.parametrize("path", ["/", "/log-in", "/sign-up", "/problems", "/nothing-here"])
async def test_korean_pages_have_no_english_left(browser, path):
    page = Page((await browser.get(path, Accept_Language="ko")).text)

    words = re.sub(r"[a-z]+(-[a-z]+)+|[0-9a-f]{16,}|not-found|Haru|English|HTTP", "", page.text)
    assert page.language == "ko"
    if path != "/problems":
        assert re.findall(r"[A-Za-z]{3,}", words) == []
