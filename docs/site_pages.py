"""Makes the pages of the site from the repository's files, each of which is written once.

README, CHANGELOG and CONTRIBUTING become pages, links lead to where their targets are on the site,
and a block shows the name of its file. What a page links to outside of docs/ comes along.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}

_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")
_MARKED_BLOCK = re.compile(r"^<!-- (?P<marks>[^\n]*) -->\n```(?P<language>\w+)$", re.M)
_TABLE_CODE = re.compile(r"^\|.*`.*\|$", re.M)
_FILE = re.compile(r"\b(?:file|into): ([^\s,]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's own pages, and the files that pages link to."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    for file in list(files.documentation_pages()):
        for target in _LINK.findall(file.content_string):
            path = _site_path(_linked(_repository_path(file.src_uri), target))
            if path not in files.src_uris and (ROOT / path).is_file():
                files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt links, names of files, and what GitHub and the site read differently."""
    own = _repository_path(page.file.src_uri)
    folder = posixpath.dirname(page.file.src_uri)

    def relink(link: re.Match[str]) -> str:
        return posixpath.relpath(_site_path(_linked(own, link[0])), folder or ".")

    markdown = _TABLE_CODE.sub(_unescaped, _LINK.sub(relink, markdown))
    return _MARKED_BLOCK.sub(_titled, markdown)


def _titled(block: re.Match[str]) -> str:
    """The fence of a block without its marks, with the name of the file that it shows."""
    file = _FILE.search(block["marks"])
    title = f' title="{file[1]}"' if file else ""
    return f"```{block['language']}{title}"


def _unescaped(row: re.Match[str]) -> str:
    """A row of a table whose code says `|` as it is, since the site would show the backslash."""
    return re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), row[0])


def _linked(page: str, target: str) -> str:
    """The path in the repository that a link on a page there leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def _site_path(path: str) -> str:
    """The path on the site of a file in the repository."""
    return PAGES.get(path, path.removeprefix("docs/"))


def _repository_path(path: str) -> str:
    """The path in the repository of a page of the site."""
    return {page: name for name, page in PAGES.items()}.get(path, f"docs/{path}")
