"""C-FIND: one question, its answers, and no more of them than were asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydicom.dataset import Dataset

from monitor.errors import NetworkError
from recordings.fetching.answer import Answer
from recordings.fetching.operation import Link, Stop, cancel
from recordings.fetching.statuses import CANCELLED, PENDING, SUCCESS, status_of, words_of

_MESSAGE = 1
_DRAIN_S = 5.0
_A = TypeVar("_A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Found(Generic[_A]):
    """What was found.

    Parameters
    ----------
    answers : tuple
    more : bool
        There are more than were asked for.
    unusable : int
        Answers left out: without their UID, or not to be read.
    """

    answers: tuple[_A, ...]
    more: bool = False
    unusable: int = 0

    @property
    def words(self) -> str:
        """What is to be told besides the answers; empty: nothing."""
        told = []
        if self.more:
            told.append(f"there are more: only the first {len(self.answers)} are shown")
        if self.unusable:
            told.append(f"{self.unusable} answers cannot be used (no valid UID, or not to be read)")
        return "; ".join(told)


def find(
    link: Link,
    model: str,
    read_as: Callable[[Dataset], _A | None],
    identifier: Dataset,
    *,
    most: int,
    stop: Stop,
) -> Found[_A]:
    """Ask, and take the answers.

    Parameters
    ----------
    model : str
        SOP class.
    read_as : callable
        Makes a value of an answer; None where it cannot be used.
    identifier : Dataset
        The keys.
    most : int
        After so many answers the rest is cancelled.

    Raises
    ------
    NetworkError
        The peer answers with a failure, falls silent, or ends the association.
    """
    found: list[_A] = []
    unusable, cut_s = 0, None
    last = Dataset()
    with stop.running(link.association, _MESSAGE, model):
        responses = link.association.send_c_find(identifier, model, msg_id=_MESSAGE)
        for status, answer in link.answers(responses, "query"):
            last = status
            if status_of(status) not in PENDING:
                continue
            if cut_s is not None:
                if time.monotonic() - cut_s > _DRAIN_S:
                    link.association.abort()  # it goes on although it was told not to
                    break
                continue
            if len(found) == most or stop.asked:
                cut_s = time.monotonic()
                cancel(link.association, _MESSAGE, model)
                continue
            made = None if answer is None else read_as(answer)
            if made is None:
                unusable += 1
            else:
                found.append(made)
    if status_of(last) not in (SUCCESS, CANCELLED, *PENDING):
        raise NetworkError(f"{link.peer}: query: {words_of(last)}")
    return Found(tuple(found), cut_s is not None and not stop.asked, unusable)
