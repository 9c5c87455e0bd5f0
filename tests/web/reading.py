"""The forms of a page as a browser reads them, and what a browser would take for an element."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSAID = "?"  # an option without a value is worth its words
NOT_TYPED = ("hidden", "submit", "button", "image", "reset")


@dataclass
class Control:
    """One field: what it is, what it holds, and what may be chosen in it."""

    name: str
    kind: str  # of an input; or textarea, select
    value: str = ""
    options: list[tuple[str, bool]] = field(default_factory=list)  # of a select: value, chosen
    checked: bool = False
    required: bool = False
    longest: int = 0
    least: str = ""
    named: str = ""  # the id of the list of what one may choose


@dataclass
class Form:
    action: str
    method: str
    id: str = ""
    controls: list[Control] = field(default_factory=list)
    sent_by: list[tuple[str, str]] = field(default_factory=list)  # buttons that have a name
    plain: bool = False  # whether it has a button without one


class Page(HTMLParser):
    """Forms with their fields, the choices of lists, and every start tag."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.lists: dict[str, list[str]] = {}
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self._form: Form | None = None
        self._apart: list[tuple[str, Control | tuple[str, str]]] = []  # belongs to a form by its id
        self._open: Control | None = None
        self._list = ""
        self.feed(text)
        self.close()
        by_id = {form.id: form for form in self.forms if form.id}
        for where, one in self._apart:
            if form := by_id.get(where):
                (form.controls if isinstance(one, Control) else form.sent_by).append(one)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))
        said = {name: value or "" for name, value in attrs}
        has = {name for name, _value in attrs}
        if tag == "form":
            self._form = Form(said.get("action", ""), said.get("method", "get").lower(), said.get("id", ""))  # fmt: skip
            self.forms.append(self._form)
        elif tag == "datalist":
            self._list = said.get("id", "")
            self.lists[self._list] = []
        elif tag == "option":
            if self._open is not None and self._open.kind == "select":
                self._open.options.append((said.get("value", UNSAID), "selected" in has))
            elif self._list:
                self.lists[self._list].append(said.get("value", ""))
        elif tag in ("input", "textarea", "select"):
            kind = tag if tag != "input" else said.get("type", "text").lower()
            if said.get("name") and "disabled" not in has:
                self._open = Control(said["name"], kind, said.get("value", "on" if kind in ("radio", "checkbox") else ""), [], "checked" in has, "required" in has, int(said.get("maxlength") or 0), said.get("min", ""), said.get("list", ""))  # fmt: skip
                self._belongs(said.get("form", ""), self._open)
                if kind in ("submit", "image"):
                    self._belongs(said.get("form", ""), (said["name"], said.get("value", "")))
        elif tag == "button" and said.get("type", "submit") == "submit":
            if said.get("name"):
                self._belongs(said.get("form", ""), (said["name"], said.get("value", "")))
            elif self._form is not None:
                self._form.plain = True

    def _belongs(self, where, one):
        if where:
            self._apart.append((where, one))
        elif self._form is not None:
            (self._form.controls if isinstance(one, Control) else self._form.sent_by).append(one)

    def handle_data(self, data):
        if self._open is not None and self._open.options and self._open.options[-1][0] is UNSAID:
            self._open.options[-1] = (data.strip(), self._open.options[-1][1])
        if self._open is not None and self._open.kind == "textarea":
            self._open.value += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag in ("textarea", "select"):
            if self._open is not None and tag == "textarea":
                self._open.value = self._open.value.removeprefix("\n")  # as a browser does
            self._open = None
        elif tag == "datalist":
            self._list = ""
