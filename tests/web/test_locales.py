"""Every word of the page is in every catalogue, and catalogues hold nothing else."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "edgeboard" / "web" / "static"
LOCALES = sorted((STATIC / "locales").glob("*.js"))
STRING = r'"((?:[^"\\]|\\.)*)"'
AS_THEY_ARE = {"edgeboard", "This board needs JavaScript."}  # a name, and what is shown where no catalogue is loaded


class _Words(HTMLParser):
    """The texts and labels of a page that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._is_key = False

    def handle_starttag(self, tag, attrs):
        self._is_key = tag == "kbd"
        self.found |= {value for name, value in attrs if name in ("aria-label", "title", "placeholder") and value}

    def handle_endtag(self, tag):
        self._is_key = False

    def handle_data(self, data):
        if re.search("[A-Za-z]{2}", data) and not self._is_key:
            self.found.add(data.strip())


def wanted() -> set[str]:
    """What `say`, `counted` and tables marked `// say` hand to the catalogue, and what stands in the page itself."""
    page = _Words()
    page.feed((STATIC / "index.html").read_text())
    found = page.found - AS_THEY_ARE
    for path in STATIC.glob("*.js"):
        text = re.sub(r"/\*\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        found |= set(re.findall(r"\bsay\(\s*" + STRING, text))
        found |= set(re.findall(r"\bsay\([^\n]*\?\? " + STRING, text))
        counted = re.findall(r"\bcounted\(\s*[^\";]*?" + STRING + r",\s*" + STRING, text)
        found |= {many for _, many in counted}
        for table in re.findall(r"// say\n(.*?)\n\]", text, re.DOTALL):  # lists of words, or pairs of a key and a word
            rows = re.sub(r"\[[^,\]]*, ", "", table)
            found |= set(re.findall(STRING, rows))
    return {text.replace('\\"', '"') for text in found}


def catalogue(path: Path) -> dict[str, str]:
    pairs = re.findall(r"^  " + STRING + r":\s+" + STRING + ",$", path.read_text(), re.MULTILINE)
    assert len(pairs) == len({key for key, _ in pairs}), f"{path.name} has a sentence twice"
    return {key.replace('\\"', '"'): value for key, value in pairs}


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_sentence_of_the_page_and_no_other(path):
    kept = catalogue(path)
    missing = sorted(wanted() - kept.keys())
    assert missing == [], f"add these to {path.name}: " + "; ".join(missing)
    unused = sorted(kept.keys() - wanted())
    assert unused == [], f"take these out of {path.name}: " + "; ".join(unused)


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.stem)
def test_a_translation_keeps_the_places_of_its_values(path):
    def places(text):
        return set(re.findall(r"\{\w+\}", text))

    wrong = [english for english, other in catalogue(path).items() if places(english) != places(other)]
    assert wrong == [], f"{path.name} loses values: " + "; ".join(wrong)
