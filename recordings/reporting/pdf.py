"""A page as PDF. Nothing is fetched but what is in the page; the same page gives the same bytes."""

from __future__ import annotations

import hashlib
import logging

from monitor.errors import OutputError


def pdf_of(html: str) -> bytes:
    """Set a page.

    Parameters
    ----------
    html : str
        As `recordings.reporting.html` makes it for paper.

    Raises
    ------
    OutputError
        The page refers to something outside itself.
    """
    # here, since it takes a second; and of the many remarks that it makes about a page only errors count
    import weasyprint

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    fetcher = weasyprint.urls.URLFetcher(
        allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True
    )
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    try:
        made: bytes = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_identifier=identifier)
    except weasyprint.urls.FatalURLFetchingError as error:
        raise OutputError(f"a report refers to what is outside it: {str(error)[:120]}") from error
    return made
