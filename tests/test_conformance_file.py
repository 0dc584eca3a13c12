"""The conformance statement is what the program negotiates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import StoragePresentationContexts
from pynetdicom.presentation import build_context

from monitor.errors import NetworkError
from recordings.network import contexts
from recordings.network.address import Peer
from recordings.network.association import associated
from recordings.receiving.keep import Keeper
from recordings.receiving.limits import Limits
from recordings.receiving.server import Receiver
from tests.conformance_file import STATEMENT, TEMPLATE, name_of, statement

_WIDE = Limits(associations=1000, associations_of_a_peer=1000, connections=10_000, connections_per_s=1e6)


def test_it_is_what_would_be_written() -> None:
    made = statement(TEMPLATE.read_text("utf-8"))
    assert STATEMENT.read_text("utf-8") == made, "run: python -m tests.conformance_file"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("received")
    made = Receiver(Keeper(folder), "US", "127.0.0.1", 0, limits=_WIDE)
    made.start()
    yield Peer("US", "127.0.0.1", made.port)
    made.stop()


def test_a_receiver_takes_what_the_statement_says_and_nothing_else(receiver: Peer) -> None:
    classes = [context.abstract_syntax for context in StoragePresentationContexts]
    classes += [c for c in (*contexts.IMAGES, *contexts.VERIFICATION) if c not in classes]
    every = [build_context(sop_class, syntax) for sop_class in classes for syntax in AllTransferSyntaxes]
    taken: set[tuple[str, str]] = set()
    for first in range(0, len(every), contexts.MOST_CONTEXTS):
        some = every[first : first + contexts.MOST_CONTEXTS]
        try:
            with associated(receiver, "ANYBODY", some) as association:
                taken |= {
                    (name_of(one.abstract_syntax), name_of(one.transfer_syntax[0]))
                    for one in association.accepted_contexts
                }
        except NetworkError as error:
            if "no presentation context accepted" not in str(error):
                raise
    said = {
        (name_of(one.abstract_syntax), name_of(syntax))
        for one in contexts.received()
        for syntax in one.transfer_syntax or ()
    }
    assert taken == said
    text = STATEMENT.read_text("utf-8")
    assert all(f"| {name} |" in text for pair in said for name in pair)


def test_of_several_syntaxes_the_first_of_the_table_is_taken(receiver: Peer) -> None:
    offered = [contexts.LOSSY[0], *reversed(contexts.NATIVE)]
    with associated(receiver, "ANYBODY", [build_context(contexts.IMAGES[0], offered)]) as association:
        assert association.accepted_contexts[0].transfer_syntax == [contexts.NATIVE[0]]


def test_a_template_with_an_unknown_place_is_found() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        statement("{{nowhere}}")
