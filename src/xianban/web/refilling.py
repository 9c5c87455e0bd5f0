"""A form of a finished page, filled with what was once sent to its address. The rest stays letter for letter."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

Attributes = dict[str, str | None]
LEFT = ("password", "file", "hidden", "submit", "button", "image", "reset")
KEPT_FORM = "kept-form"


@dataclass
class Tag:
    """A start tag: its name, its attributes, and where it stands in the page."""

    name: str
    has: Attributes
    start: int
    end: int

    def again(self, *without: str, **more: str | None) -> str:
        """The tag with other attributes."""
        has = {name: value for name, value in self.has.items() if name not in without} | more
        drawn = (name if value is None else f'{name}="{escape(value)}"' for name, value in has.items())  # fmt: skip
        return f"<{' '.join([self.name, *drawn])}>"


@dataclass
class Control:
    tag: Tag
    options: list[Tag] = field(default_factory=list)
    inside: tuple[int, int] = (0, 0)  # of a textarea

    @property
    def name(self) -> str:
        return self.tag.has.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.tag.has.get("type") or "text").lower() if self.tag.name == "input" else self.tag.name  # fmt: skip


@dataclass
class Form:
    tag: Tag
    folds: list[Tag]
    controls: list[Control] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms that are sent to one address, with where everything of them stands."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__(convert_charrefs=False)
        self.action = action
        self.found: list[Form] = []
        self._lines = [0]
        for line in page.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._folds: list[Tag] = []
        self._form: Form | None = None
        self._control: Control | None = None
        self.feed(page)
        self.close()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        one = Tag(tag, dict(attrs), self._at(), self._at() + len(raw))
        if tag == "details":
            self._folds.append(one)
        elif tag == "form":
            sent = urlsplit(one.has.get("action") or "").path or self.action
            self._form = Form(one, [*self._folds]) if sent == self.action and (one.has.get("method") or "").lower() == "post" else None  # fmt: skip
            if self._form:
                self.found.append(self._form)
        elif tag in ("input", "select", "textarea") and self._form:
            self._control = Control(one, inside=(one.end, one.end))
            self._form.controls.append(self._control)
        elif tag == "option" and self._control:
            self._control.options.append(one)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._folds:
            self._folds.pop()
        elif tag == "form":
            self._form = self._control = None
        elif tag == "textarea" and self._control:
            self._control.inside = (self._control.inside[0], self._at())
            self._control = None
        elif tag == "select":
            self._control = None


def refilled(page: str, action: str, fields: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The page with the form filled and its folds open, and the form's id; the page and "" where there is none."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in fields:
        values[name].append(value)
    forms = [(_alike(one, values), one) for one in Forms(page, action).found if _takes(one, values)]
    if not forms:
        return page, ""
    form = max(forms, key=lambda pair: pair[0])[1]
    edits = [edit for one in form.controls for edit in _filled(one, page, values)]
    borne = {one.name for one in form.controls}
    held = "".join(f'<input type="hidden" name="held" value="{escape(v)}">' for v in values["held"])
    key = form.tag.has.get("id") or KEPT_FORM
    edits.append((form.tag.start, form.tag.end, form.tag.again(id=key) + ("" if "held" in borne else held)))  # fmt: skip
    edits += [(fold.start, fold.end, fold.again(open=None)) for fold in form.folds]
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page, key


def _takes(form: Form, values: dict[str, list[str]]) -> bool:
    """Whether anything of what was sent can be typed or chosen in a form."""
    return any(one.name in values and one.kind not in LEFT for one in form.controls)


def _alike(form: Form, values: dict[str, list[str]]) -> int:
    """How well what was sent fits a form: by its fields, and above all by what it sends unseen."""
    known = sum(one.name in values for one in form.controls)
    unseen = [one for one in form.controls if one.kind == "hidden" and one.name in values]
    return known + 10 * sum((one.tag.has.get("value") or "") in values[one.name] for one in unseen)


def _filled(one: Control, page: str, values: dict[str, list[str]]) -> list[tuple[int, int, str]]:
    sent, tag = values.get(one.name, []), one.tag
    if not one.name or one.kind in LEFT:
        return []
    if one.kind in ("checkbox", "radio"):
        more: Attributes = {"checked": None} if (tag.has.get("value") or "on") in sent else {}
        return [(tag.start, tag.end, tag.again("checked", **more))]
    if not sent:
        return []
    if one.kind == "select":
        wanted = sent if "multiple" in tag.has else [sent.pop(0)]
        return [
            (option.start, option.end, option.again("selected", **{"selected": None} if _value(option, page) in wanted else {}))
            for option in one.options
        ]  # fmt: skip
    text = sent.pop(0)
    if one.kind == "textarea":
        return [(*one.inside, "\n" + escape(text))]
    return [(tag.start, tag.end, tag.again(value=text))]


def _value(option: Tag, page: str) -> str:
    value = option.has.get("value")
    return value if value is not None else unescape(page[option.end :].partition("<")[0]).strip()
