"""The drafts so far: what is shown, what can be undone and done again. No Qt here."""

from __future__ import annotations

from calibration.planning.draft import Draft

_MOST = 200


class History:
    """Drafts one after another. `put` is a step of its own, `drag` goes on with the last one."""

    def __init__(self, draft: Draft) -> None:
        self.now = draft
        self._past: list[Draft] = []
        self._future: list[Draft] = []

    def put(self, draft: Draft) -> None:
        """Go on with another draft."""
        if draft == self.now:
            return
        self._past = [*self._past[-_MOST:], self.now]
        self._future.clear()
        self.now = draft

    def begin(self, draft: Draft) -> None:
        """Go on with a draft that nothing goes back from: what came before was drawn on another picture."""
        self._past, self._future = [], []
        self.now = draft

    def drag(self, draft: Draft) -> None:
        """Change the draft within the step that was begun by `put`."""
        self.now = draft

    def undo(self) -> bool:
        """Go a step back; whether there was one."""
        if not self._past:
            return False
        self._future.append(self.now)
        self.now = self._past.pop()
        return True

    def redo(self) -> bool:
        """Take a step that was undone again; whether there was one."""
        if not self._future:
            return False
        self._past.append(self.now)
        self.now = self._future.pop()
        return True

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to take again."""
        return bool(self._future)
