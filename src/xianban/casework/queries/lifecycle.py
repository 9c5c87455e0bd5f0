"""The lifecycle as a page of documentation, written from the table itself."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from xianban.casework.rules.table import BACK, CLOCKS, OF_THEMSELVES, SAME, TABLE, Move
from xianban.casework.rules.words import ENDED, STATES

HEAD = """# The lifecycle of a case

*Written from `casework/rules/table.py` by `./run python -m xianban.casework.queries.lifecycle`; a test
compares the two. Change the table, then run it.*

"""
BACKS = {"contested": ("dispatched", "signed"), "suspended": ("handling", "rectifying")}


def lifecycle_page(permissions: Mapping[str, Collection[str]]) -> str:
    """`docs/lifecycle.md`: the diagram, the table, the clocks; `permissions` is the table in accounts."""
    return HEAD + _diagram() + _table(permissions) + _clocks() + _of_themselves()


def _diagram() -> str:
    edges: dict[tuple[str, str], list[str]] = defaultdict(list)
    for move in TABLE:
        for state in move.states:
            for goal in _goals(move, state):
                if goal != state and move.verb not in edges[state, goal]:
                    edges[state, goal].append(move.verb)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> received", "    [*] --> dispatched"]
    lines += [
        f"    {state} --> {goal}: {', '.join(verbs)}"
        for (state, goal), verbs in edges.items()
        if verbs
    ]
    lines += [f"    {state} --> [*]" for state in STATES if state in ENDED]
    return "\n".join([*lines, "```"]) + "\n\n"


def _goals(move: Move, state: str) -> tuple[str, ...]:
    if move.to == SAME:
        return ()
    return BACKS[state] if move.to == BACK else (move.to,)


def _table(permissions: Mapping[str, Collection[str]]) -> str:
    lines = [
        "## Every act",
        "",
        "“Who” is the role, within its area and unit; *lead* means the unit that leads the case, *task* the"
        " unit asked to help. Fields in brackets may be left out. Residents find the acts marked ● in their story.",
        "",
        "| act | from | to | who | says | clocks | tells | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(move, permissions[move.may]) for move in TABLE]
    return "\n".join(lines) + "\n\n"


def _row(move: Move, roles: Collection[str]) -> str:
    verb = f"**{move.verb}**" + (f" ({move.outcome})" if move.outcome else "")
    to = {SAME: "as it is", BACK: "as before"}.get(move.to, move.to)
    who = ", ".join(sorted(str(role) for role in roles)) + (
        f" of the {move.whose}" if move.whose != "any" else ""
    )
    fields = ", ".join(f.name if f.required else f"[{f.name}]" for f in move.fields)
    cells = (f"{verb}: {move.says}", ", ".join(_short(move.states)), to, who, fields, _moves(move))
    return f"| {' | '.join(cells)} | {', '.join(move.tells)} | {'●' if move.public else ''} |"


def _short(states: tuple[str, ...]) -> tuple[str, ...]:
    if set(states) == set(STATES):
        return ("any",)
    return ("any open",) if set(states) == set(STATES) - set(ENDED) else states


def _moves(move: Move) -> str:
    kinds = (
        ("ends", move.ends),
        ("voids", move.voids),
        ("pauses", move.pauses),
        ("resumes", move.resumes),
        ("starts", move.starts),
        ("reopens", move.reopens),
    )
    return "; ".join(
        f"{word} {'all' if set(clocks) == set(CLOCKS) else ', '.join(clocks)}"
        for word, clocks in kinds
        if clocks
    )


def _clocks() -> str:
    lines = [
        "## Clocks",
        "",
        "| clock | who has the ball | runs until | reminder | when it runs out |",
        "|---|---|---|---|---|",
    ]
    late = {
        "tell": "the supervisor is told",
        "escalate": "a level up, and the supervisor is told",
        "close": "the case closes as “no reply”",
    }
    lines += [
        f"| {c.kind} | {c.holder} | {c.says} | {'yes' if c.remind else ''} | {late[c.late]} |"
        for c in CLOCKS.values()
    ]
    return "\n".join(lines) + "\n\n"


def _of_themselves() -> str:
    lines = ["## Acts that nobody chooses", ""]
    lines += [f"- **{verb}**: {says}." for verb, says in OF_THEMSELVES.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import os
    from pathlib import Path

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xianban.config.settings")
    django.setup()
    from xianban.accounts.api import MAY

    Path("docs/lifecycle.md").write_text(lifecycle_page(MAY), encoding="utf-8")
