from io import BytesIO

import pytest
from pypdf import PdfReader

from clockhouse_server.billing import drafts, issuing, pdf
from server.gate import FRIDAY, MONDAY, OFFICE


@pytest.fixture
def invoices(gate):
    """An invoice for Ana's and Muhammad's week, and the credit note that takes it back."""
    gate.rate("110.00")
    gate.work_week("ana", "mo")
    gate.approve("ana", "mo")
    with gate.open() as session:
        made = drafts.draft(session, OFFICE, gate.customer["NORD"], MONDAY, FRIDAY, **gate.by)
        issuing.issue(session, OFFICE, made.id, now=gate.now)
        return made, issuing.credit(session, OFFICE, made.id, reason="wrong rate", **gate.by)


def read(content):
    reader = PdfReader(BytesIO(content))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def test_an_invoice_says_everything_a_client_checks(invoices):
    reader, said = read(invoices[0].pdf)
    for part in (
        "Invoice INV-2026-0001", "Haven Steelworks", "Nordlicht Yachten AG", "DE123456789", "16 Nov 2026",
        "9 Nov 2026 – 13 Nov 2026", "1042 Welding frames", "80.00", "110.00", "8,800.00", "1,672.00",
        "10,472.00 EUR", "DE89 3704 0044 0532 0130 00", "within 30 days, by 16 Dec 2026",
        f"page 1 of {len(reader.pages)}", "Hours behind this invoice", "Gate 1 · epoch-0- · 2",
    ):  # fmt: skip
        assert part in said, part
    assert "Invoice INV-2026-0001" == reader.metadata.title


def test_a_credit_note_says_what_it_takes_back_and_why(invoices):
    _, said = read(invoices[1].pdf)
    for part in (
        "Credit note INV-CN-2026-0001",
        "takes back invoice INV-2026-0001",
        "wrong rate",
        "10,472.00",
    ):
        assert part in said, part


def test_it_is_pdf_a_with_every_font_inside(invoices):
    reader, _ = read(invoices[0].pdf)
    assert b"<pdfaid:part>3</pdfaid:part>" in invoices[0].pdf
    assert reader.trailer["/Root"]["/OutputIntents"]
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].keys() & {
                "/FontFile2", "/FontFile3",
            }  # fmt: skip


def test_the_same_snapshot_gives_the_same_bytes(invoices):
    assert invoices[0].pdf == pdf.render(invoices[0].snapshot)


def test_texts_are_never_read_as_markup_and_scripts_without_a_font_stop_nothing(invoices):
    taken = dict(invoices[0].snapshot)
    taken["buyer"] = {**taken["buyer"], "name": '#panic("no") *x* $y$ @z <l> 株式会社'}
    _, said = read(pdf.render(taken))
    assert '#panic("no") *x* $y$ @z <l>' in said
