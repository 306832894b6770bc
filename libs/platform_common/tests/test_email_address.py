"""E-mail addresses: all spellings of one account have one normal form, and different accounts have different ones."""

from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_common.email_address import normalize_email

LOCAL_PARTS = st.from_regex(r"[a-z0-9_%+-]{1,20}(\.[a-z0-9_%+-]{1,20})?", fullmatch=True)
DOMAINS = st.sampled_from(
    ["example.com", "bücher.example", "faß.de", "βόλος.example", "메일.한국", "corp.local", "host.invalid", "a.onion"]
)
# Characters that UTS 46 removes, other dots, and blanks that people paste.
IGNORED = st.sampled_from(["", "\u00ad", "\u200b", "\u2060", "\ufe00", "\ufe0f", "\u180b", "\u034f"])
DOTS = st.sampled_from([".", "\u3002", "\uff0e", "\uff61"])
BLANKS = st.text(alphabet=" \t\r\n\u00a0\u3000", max_size=3)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Draw an address in its normal form and another spelling of it."""
    local, domain = draw(LOCAL_PARTS), draw(DOMAINS)
    labels = [draw(_label_spellings(label)) for label in domain.split(".")]
    spelled = labels[0] + "".join(draw(DOTS) + label for label in labels[1:])
    cased = "".join(letter.upper() if draw(st.booleans()) else letter for letter in local)
    return f"{local}@{domain}", f"{draw(BLANKS)}{cased}@{spelled}{draw(BLANKS)}"


def _label_spellings(label: str) -> st.SearchStrategy[str]:
    ascii_form = idna.alabel(label).decode()
    invisible = IGNORED.map(lambda ignored: label[:1] + ignored + label[1:])
    # Upper case is a spelling only where lower case leads back: `ß` and final sigma have none of their own.
    upper = label.upper() if "".join(map(str.lower, label.upper())) == label else label
    return st.one_of(st.sampled_from([label, ascii_form, ascii_form.upper(), upper]), invisible)


@given(spellings())
def test_all_spellings_of_an_account_have_its_normal_form(pair):
    normal, spelling = pair
    try:
        assert normalize_email(spelling) == normal
    except ValueError:
        # Refused is safe: such an account does not exist. The normal form itself is always accepted.
        assert normalize_email(normal) == normal


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_normal_form_is_its_own_normal_form(local, domain):
    try:
        normal = normalize_email(f"{local}@{domain}.com")
    except ValueError:
        return
    assert normalize_email(normal) == normal
    assert normal == normal.lower()


@pytest.mark.parametrize(
    "spelling",
    ["ANN@corp.local", " ann@corp.local ", "ann@corp\u3002local", "ann@corp\ufe0f.local", "ann@co\u034frp.local"],
)
def test_spellings_that_a_throttle_could_miss_are_one_account(spelling):
    assert normalize_email(spelling) == "ann@corp.local"


@pytest.mark.parametrize(
    "pair", [("faß.de", "fass.de"), ("βόλος.example", "βόλοσ.example"), ("xn--fa-hia.de", "fass.de")]
)
def test_domains_that_idna_2008_tells_apart_are_different_accounts(pair):
    first, second = pair

    assert normalize_email(f"q17@{first}") != normalize_email(f"q17@{second}")


def test_an_international_domain_is_kept_in_unicode():
    assert normalize_email("a@xn--bcher-kva.example") == normalize_email("A@BÜCHER.example") == "a@bücher.example"


@pytest.mark.parametrize("address", ["a.b@example.com", "ab+shop@example.com"])
def test_dots_and_tags_of_the_local_part_are_significant(address):
    assert normalize_email(address) == address


@pytest.mark.parametrize(
    "address", ["ann@mail.internal", "ann@company.test", "ann@platform.localhost.local", "ann@x.invalid", "ann@1.arpa"]
)
def test_addresses_of_closed_networks_are_accepted(address):
    assert normalize_email(address) == address


@pytest.mark.parametrize(
    "address",
    ["", " ", "ann", "@example.com", "ann@", "ann@@example.com", "ann@localhost", "a b@example.com", "ann@example..com",
     "ann@[127.0.0.1]", '"ann"@example.com', "Ann <ann@example.com>", "ann@exam\nple.com", "á@example.com",
     "a\u200bnn@example.com", "\uff41nn@example.com", "ann@" + "x" * 64 + ".com", "a@" + "x." * 124 + "example",
     "ann@" + "x" * 100_000 + ".com"],
)  # fmt: skip
def test_what_is_not_an_address_is_refused(address):
    with pytest.raises(ValueError, match=r"\w"):
        normalize_email(address)
