"""Mails as they are rendered: complete in both languages, checked at start, safe against hostile values."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import uuid
from email.errors import MessageError
from io import BytesIO

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from platform_common.serving import StartupError
from platform_member.mail.kinds import Kind
from platform_member.mail_worker import catalogues
from platform_member.mail_worker.rendering import SAMPLES, TEMPLATES, Brand, Renderer

BRAND = Brand("Haru", "https://shop.example", "no-reply@shop.example", "Haru", None, "#1f5f4a", "Haru Inc.\nSeoul")
NOW = dt.datetime(2026, 11, 30, 12, 0, tzinfo=dt.UTC)
MAIL_ID = uuid.UUID("01930000-0000-7000-8000-000000000000")


@pytest.fixture
def templates(tmp_path):
    """A copy of the templates."""
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


def test_every_text_is_there_in_korean_and_no_other():
    with (catalogues.FOLDER.parents[3] / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    found = extract_from_dir(catalogues.FOLDER.parent, mapping, options, keywords={"_": None})
    catalogue = read_po(BytesIO((catalogues.FOLDER / "ko/LC_MESSAGES/mail.po").read_bytes()), locale="ko")
    known = {message.id: message for message in catalogue if message.id}

    assert {text for _, _, text, _, _ in found} == known.keys(), "make translations, then translate"
    assert [name for name, message in known.items() if not message.string or message.fuzzy] == []
    assert [error for message in known.values() for error in message.check(catalogue)] == []


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize("kind", Kind)
def test_every_mail_carries_the_brand_and_loads_nothing_from_elsewhere(kind, locale):
    mail = Renderer(BRAND).render(kind, "ann@example.com", locale, SAMPLES[kind])

    assert "Haru" in mail.subject
    assert mail.text.rstrip().endswith("Haru\nhttps://shop.example\nHaru Inc.\nSeoul")
    assert "Haru Inc.<br>Seoul" in mail.html
    assert BRAND.color in mail.html
    for loading in ("<img", "<link", "<script", "@import", "url(", "src="):
        assert loading not in mail.html


@pytest.mark.parametrize("part", ["subject.txt", "txt", "html"])
def test_a_missing_template_fails_the_start(templates, part):
    (templates / f"{Kind.WELCOME}.{part}").unlink()

    with pytest.raises(StartupError, match=rf"The mail template welcome\.{part} is missing"):
        Renderer(BRAND, templates)


@pytest.mark.parametrize("source", ["{% if %}", "{{ nothing_of_the_kind }}", "{{ _('%(site)s') }}"])
def test_a_broken_template_fails_the_start(templates, source):
    (templates / f"{Kind.WELCOME}.html").write_text(source)

    with pytest.raises(StartupError, match=r"The mail template welcome\S* is missing or broken"):
        Renderer(BRAND, templates)


def test_a_subject_of_two_lines_fails_the_start(templates):
    (templates / f"{Kind.WELCOME}.subject.txt").write_text("Welcome\nBcc: all@example.com")

    with pytest.raises(StartupError, match=r"welcome\.subject\.txt must be one line"):
        Renderer(BRAND, templates)


@pytest.mark.parametrize("address", ["ann@example.com\r\nBcc: all@example.com", "ann@example.com\nX: y", "ann"])
def test_no_line_break_reaches_a_header(address):
    with pytest.raises((ValueError, MessageError)):
        Renderer(BRAND).message(MAIL_ID, NOW, Kind.WELCOME, address, "en", {})


def test_a_name_with_a_line_break_is_no_header():
    brand = dataclasses.replace(BRAND, sender_name="Haru\r\nBcc: all@example.com")

    with pytest.raises(ValueError, match=r"(?i)linefeed|newline|CR"):
        Renderer(brand).message(MAIL_ID, NOW, Kind.WELCOME, "ann@example.com", "en", {})


def test_markup_in_a_value_is_text():
    brand = dataclasses.replace(BRAND, site_name="<b>Haru</b>")

    assert "<b>Haru" not in Renderer(brand).render(Kind.WELCOME, "ann@example.com", "en", {}).html


def test_every_line_is_short_enough_for_smtp():
    for kind in Kind:
        raw = Renderer(BRAND).message(MAIL_ID, NOW, kind, "ann@example.com", "ko", SAMPLES[kind]).as_bytes()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")
