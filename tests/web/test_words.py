"""Every sentence has its English, every code has its word, every refusal its page."""

import ast
import re

import pytest
from django.utils import translation

from xianban.appraisal import api as appraisal
from xianban.base import errors
from xianban.casework import api as casework
from xianban.casework.api import OF_THEMSELVES, VERBS
from xianban.city.api import LEVELS, URGENCIES
from xianban.residents.api import Purpose
from xianban.web import catalogue, refusals, verbs, words
from xianban.web.deeds import DEEDS
from xianban.web.pack_words import COMPILED as PACK_WORDS
from xianban.web.warned import ACTS
from xianban.web.wording import COMPILED, in_words


def test_every_sentence_has_its_english():
    entries = catalogue.read_po()
    missing = [text for text in catalogue.said() if not (text in entries and entries[text].words)]
    assert not missing, "give these English in the .po and run python -m xianban.web.catalogue"


TAGS = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.S
)


def test_chinese_marks_stand_in_no_english_page():
    """A colon or comma of the Chinese between two values is a sentence to be translated, too."""
    folder = catalogue.ROOMS / "web/templates"
    bare = [
        (path.name, mark)
        for path in folder.rglob("*.html")
        if path.name != "500.html"  # says both languages
        for mark in re.findall("[，。：；、（）]", TAGS.sub("", path.read_text(encoding="utf-8")))
    ]
    assert not bare, "say it by {% translate %}"


def test_nothing_is_translated_that_nobody_says():
    assert not set(catalogue.read_po()) - set(catalogue.said())


def test_the_mo_is_what_the_po_compiles_to():
    assert catalogue.PO.with_suffix(".mo").read_bytes() == catalogue.mo_bytes(catalogue.read_po())


def test_placeholders_are_the_same_in_both_languages():
    hole = re.compile(r"%\((\w+)\)")
    for entry in catalogue.read_po().values():
        for english in entry.words:
            assert set(hole.findall(english)) == set(hole.findall(entry.said)), entry.said


def test_po_text_is_read_back_as_it_was_written(tmp_path):
    entries = {
        "说“好”\n": catalogue.Entry("说“好”\n", "", ('say "yes"\n\\',)),
        "%(n)d 天": catalogue.Entry("%(n)d 天", "%(n)d 天", ("%(n)d day", "%(n)d days")),
    }
    file = tmp_path / "x.po"
    file.write_text(catalogue.po_text(entries), encoding="utf-8")
    assert catalogue.read_po(file) == entries


def test_the_mo_is_read_by_gettext(tmp_path):
    import gettext
    import io

    entries = {
        "天": catalogue.Entry("天", "", ("days",)),
        "%(n)d 天": catalogue.Entry("%(n)d 天", "%(n)d 天", ("%(n)d day", "%(n)d days")),
    }
    told = gettext.GNUTranslations(io.BytesIO(catalogue.mo_bytes(entries)))
    assert told.gettext("天") == "days"
    assert told.ngettext("%(n)d 天", "%(n)d 天", 1) == "%(n)d day"
    assert told.ngettext("%(n)d 天", "%(n)d 天", 2) == "%(n)d days"


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (casework.STATES, words.STATES),
        (casework.EXITS, words.EXITS),
        (appraisal.APPEALS, words.GROUNDS),
        (casework.OBJECTIONS, words.OBJECTIONS),
        (casework.SATISFACTION, words.SATISFACTION),
        (LEVELS, words.LEVELS),
        (URGENCIES, words.URGENCY),
        ([str(purpose) for purpose in Purpose], words.PURPOSES),
        ([*VERBS, *OF_THEMSELVES], verbs.VERBS),
    ],
)
def test_every_code_has_a_word(codes, table):
    assert not set(codes) - set(table)


def leaves(kind):
    below = kind.__subclasses__()
    return [kind] if not below else [leaf for sub in below for leaf in leaves(sub)]


@pytest.mark.parametrize("leaf", leaves(errors.XianbanError))
def test_every_leaf_of_the_errors_is_mapped(leaf):
    assert leaf in refusals.STATUS
    assert int(refusals.STATUS[leaf]) in refusals.ANSWERS


def raised_by(source):
    """The sentences of the refusals that a file raises, holes filled with a word."""
    tree = ast.parse(source)
    named = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        if getattr(node.exc.func, "id", "") not in REFUSALS:
            continue
        said = node.exc.args[0]
        said = named.get(said.id, said) if isinstance(said, ast.Name) else said
        if isinstance(said, ast.Constant):
            yield str(said.value)
        elif isinstance(said, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "9" for part in said.values
            )


REFUSALS = {leaf.__name__ for leaf in leaves(errors.Refused)}
PAGES_REACH = (
    "accounts", "appraisal", "casework", "command", "dispatch/suggesting.py", "files", "intake/actions",
    "intake/queries.py", "notices", "prevention", "privacy", "residents", "web",
)  # fmt: skip
FOR_THE_COMMAND_LINE = (
    "prevention/actions/replays.py",
    "prevention/actions/replay_sources.py",
    "has no grant",  # `xianban user revoke`
)


def test_what_rooms_refuse_is_said_in_chinese_too():
    unknown = []
    for place in PAGES_REACH:
        path = catalogue.ROOMS / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if str(file.relative_to(catalogue.ROOMS)) in FOR_THE_COMMAND_LINE:
                continue
            said = raised_by(file.read_text(encoding="utf-8"))
            unknown += [s for s in said if not any(shape.match(s) for shape, _ in COMPILED)]
    unknown = [s for s in unknown if not any(part in s for part in FOR_THE_COMMAND_LINE)]
    assert not unknown, "give these a sentence in web/wording.py"


def test_what_is_wrong_with_a_pack_is_said_in_chinese_too():
    """Every fault of the sheets and every remark, and its remedy."""
    unknown = []
    for name in ("pack/cells.py", "pack/reading.py", "rules/checking.py", "rules/remarks.py"):
        for said in spoken(catalogue.ROOMS / "city" / name):
            if not any(shape.match(said) for shape, _ in PACK_WORDS):
                unknown.append(said)
    assert not unknown, "give these a sentence in web/pack_words.py"


def spoken(path):
    """Literal sentences handed to Wrong, Fault, fault or a remark: the last two, or all of a remark."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in ("Wrong", "Fault", "fault", "_remark"):
            continue
        for part in node.args[2:] if name != "Wrong" else node.args:
            if isinstance(part, ast.Constant) and " " in str(part.value):
                yield str(part.value)
            elif isinstance(part, ast.JoinedStr):
                text = "".join(p.value if isinstance(p, ast.Constant) else "9" for p in part.values)
                if " " in text:
                    yield text


def test_those_who_look_back_read_words_and_no_codes():
    convening = (catalogue.ROOMS / "command/actions/convening.py").read_text(encoding="utf-8")
    meetings = {*re.findall(r'"(convene|hold|[a-z]+_task)"', convening)} - {"meeting_task"}
    written = [f"warning.{verb}" for verb in ACTS] + [f"meeting.{verb}" for verb in meetings]
    assert len(meetings) > 4
    assert not set(written) - set(DEEDS)


def test_a_refusal_speaks_the_language_of_the_page():
    refusal = errors.WrongState(
        "a dispatch can be returned within 2 h, and these are over; ask a supervisor to redispatch"
    )
    with translation.override("zh-hans"):
        assert in_words(refusal) == "退单须在派单后 2 小时内提出，现已超过；请督办员改派。"
    with translation.override("en"):
        assert in_words(refusal).startswith("A dispatch can be returned within 2 h")


def test_every_step_of_a_story_has_its_sentence():
    from xianban.casework.queries.stories import PUBLIC_VERBS
    from xianban.web.story import HEADLINES, STEPS

    as_another = {
        "open",
        "dispatch",
        "redispatch",
        "uphold",
        "designate",
        "decide",
        "follow_up",
        "rate",
    }
    named = {"received", "dispatched", "rated", "followed_up", "rectifying"}
    assert not (PUBLIC_VERBS - as_another | named) - set(STEPS)
    assert set(HEADLINES) == set(casework.STATES)
