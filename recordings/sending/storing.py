"""C-STORE as SCU: objects of a queue to the peer of one route.

Each is sent from its file as it is. Nothing is transcoded; where a peer takes an uncompressed object in
another of the plain syntaxes alone, its elements are written anew in that one, its values as they are, and it
is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID
from pynetdicom import _config as pynetdicom_config
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from monitor.errors import InputError, NetworkError, OutputError
from monitor.sources.dicom_file import quiet
from recordings.network.association import Patience
from recordings.network.contexts import offered
from recordings.sending.answers import Answer, Verdict, context_refused, refused_for_good, stored
from recordings.sending.associations import Seen, open_association
from recordings.sending.backoff import Policy
from recordings.sending.entry import Entry, Route
from recordings.sending.queue import SendQueue

_MOST_CONTEXTS = 128

pynetdicom_config.STORE_SEND_CHUNKED_DATASET = True  # a run of many gigabytes is never in memory whole


def store(
    queue: SendQueue,
    route: Route,
    entries: Sequence[Entry],
    *,
    clock_s: Callable[[], float],
    policy: Policy,
    patience: Patience,
    tell: Callable[[str], None],
) -> None:
    """Send objects of one route and note in the queue what came of each.

    A peer that ends the association over one object is asked for another one for the rest. Where it cannot be
    reached, refuses or does not answer, the rest waits.

    Raises
    ------
    OutputError
        The queue cannot be written.
    """
    waiting = [entry for entry in entries if _is_whole(queue, entry, clock_s(), tell)]
    while waiting:
        contexts, batch = _batch(waiting)
        seen = Seen(patience.silence_s)
        try:
            with open_association(route, contexts, seen, patience) as association:
                for entry in batch:
                    if not association.is_established and entry is not batch[0]:
                        break
                    waiting.remove(entry)
                    answer, warning = _store_one(queue, association, entry, tell)
                    if answer is None:
                        answer = Answer(Verdict.AGAIN, _unanswered(seen, patience))
                    if answer.verdict is not Verdict.DONE and not queue.holds(entry.name):
                        continue  # dropped meanwhile, or committed by a late report
                    _note(queue, entry, answer, warning, clock_s(), policy, tell)
            if seen.aborted_by_us:
                raise NetworkError(_unanswered(seen, patience))
        except OutputError:
            raise
        except (NetworkError, InputError) as error:
            never = refused_for_good(seen.rejection)
            if seen.association is not None and _took_nothing(seen.association):
                # the peer is there, and takes none of this batch: what is in it is told one by one
                for entry in batch:
                    waiting.remove(entry)
                    answer = _refusal(seen.association, entry)
                    _note(queue, entry, answer, None, clock_s(), policy, tell)
                continue
            rest = [entry.name for entry in waiting]
            if rest:
                reason = str(error).removeprefix(f"{route.peer}: ")
                queue.failed(rest, reason, clock_s(), None if never else policy.failed)
                count = "1 object waits" if len(rest) == 1 else f"{len(rest)} objects wait"
                tell(f"{route.peer}: {reason}; {count}{' until somebody retries' if never else ''}")
            return


def _is_whole(queue: SendQueue, entry: Entry, now_s: float, tell: Callable[[str], None]) -> bool:
    problem = queue.spool.problem(entry.object)
    if problem is not None:
        queue.failed([entry.name], problem, now_s, None)
        tell(f"{entry.what}: {problem}; it is not sent")
    return problem is None


def _batch(entries: Sequence[Entry]) -> tuple[list[PresentationContext], list[Entry]]:
    """As many objects as the contexts of one association can carry, from the first on."""
    contexts: list[PresentationContext] = []
    kinds: set[tuple[str, str]] = set()
    batch = []
    for entry in entries:
        kind = entry.object.sop_class, entry.object.syntax
        if kind not in kinds:
            more = offered(UID(kind[0]), UID(kind[1]))
            if len(contexts) + len(more) > _MOST_CONTEXTS:
                break
            kinds.add(kind)
            contexts += more
        batch.append(entry)
    return contexts, batch


def _took_nothing(association: Association) -> bool:
    return bool(association.rejected_contexts) and not association.accepted_contexts


def _refusal(association: Association, entry: Entry) -> Answer:
    results = [
        int(context.result or 0)
        for context in association.rejected_contexts
        if context.abstract_syntax == entry.object.sop_class
    ]
    return Answer(Verdict.NEVER, context_refused(results, entry.object.sop_class, entry.object.syntax))


def _store_one(
    queue: SendQueue, association: Association, entry: Entry, tell: Callable[[str], None]
) -> tuple[Answer | None, str | None]:
    """The peer's answer, None where there was none; and what else is to be said of it."""
    taken = [
        str(context.transfer_syntax[0])
        for context in association.accepted_contexts
        if context.abstract_syntax == entry.object.sop_class
    ]
    path, syntax = queue.spool.path(entry.name), entry.object.syntax
    plain = [str(context.transfer_syntax[0]) for context in offered(UID(entry.object.sop_class), UID(syntax))]
    possible = [one for one in plain if one in taken]
    if not possible:
        return _refusal(association, entry), None
    if possible[0] == syntax:
        return _sent(association, path), None
    note = f"written anew in {UID(possible[0]).name} ({UID(syntax).name} is not taken); no value has changed"
    try:
        with _rewritten(path, UID(possible[0])) as other:
            return _sent(association, other), note
    except Exception as error:
        # whatever pydicom trips over; its words may quote the file
        why = f"cannot be written in {UID(possible[0]).name}, which is all that the peer takes"
        if isinstance(error, OSError):
            return Answer(Verdict.AGAIN, f"{why}: {error.strerror}"), None
        return Answer(Verdict.NEVER, why), None


def _sent(association: Association, path: Path) -> Answer | None:
    try:
        with quiet():
            return stored(association.send_c_store(path))
    except RuntimeError:  # the association has ended meanwhile
        return None
    except OSError as error:
        return Answer(Verdict.AGAIN, f"its file cannot be read: {error.strerror}")


@contextmanager
def _rewritten(path: Path, syntax: UID) -> Iterator[Path]:
    """The same object in another plain syntax, for as long as it is needed. Raises `OSError` and others."""
    other = path.with_name(f".new-{path.stem}-{'i' if syntax.is_implicit_VR else 'e'}")
    try:
        with quiet():
            ds = dcmread(path, defer_size="1 MB")
            ds.file_meta.TransferSyntaxUID = syntax
            ds.save_as(other, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
        yield other
    finally:
        with suppress(OSError):
            other.unlink(missing_ok=True)


def _unanswered(seen: Seen, patience: Patience) -> str:
    if seen.aborted_by_us:
        return f"no answer within {patience.answer_s:g} s"
    return "the association ended before it answered"


def _note(
    queue: SendQueue,
    entry: Entry,
    answer: Answer,
    note: str | None,
    now_s: float,
    policy: Policy,
    tell: Callable[[str], None],
) -> None:
    if answer.verdict is Verdict.DONE:
        warning = "; ".join(words for words in (answer.words, note) if words) or None
        queue.sent(entry.name, warning, now_s)
        tell(f"{entry.what}: sent to {entry.route.peer}{f'; {warning}' if warning else ''}")
        return
    again = answer.verdict is Verdict.AGAIN
    reason = answer.words or "failure"
    queue.failed([entry.name], reason, now_s, policy.failed if again else None)
    tell(f"{entry.what}: not sent: {reason}{'' if again else '; it is not tried again by itself'}")
