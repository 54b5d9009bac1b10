"""The verbs in the names of actions, which say whether they read or write."""

from __future__ import annotations

import re

_READ = """
read get view fetch query search browse download watch lookup redirect show scroll display find
"""
_WRITE = """
write post put create add insert update delete upload send submit save record ingest publish append
report log
"""
_READS, _WRITES = frozenset(_READ.split()), frozenset(_WRITE.split())


def reads_by_name(action: str) -> bool:
    """Return whether the name of an action says that it reads, as `view_story` does."""
    words = _words(action)
    return not words.isdisjoint(_READS) and words.isdisjoint(_WRITES)


def writes_by_name(action: str) -> bool:
    """Return whether the name of an action says that it writes, as `upload_video` does."""
    return not _words(action).isdisjoint(_WRITES)


def _words(action: str) -> frozenset[str]:
    """Return the words of `viewStory` or `view_story`."""
    return frozenset(re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", action).lower().split("_"))
