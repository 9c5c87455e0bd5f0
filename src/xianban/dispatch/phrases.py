"""Whole words for people: a model weighs runs of characters, and a run may cut a word in two."""

from collections.abc import Iterator, Sequence

MARGIN = 8  # characters read on both sides of a run, to see which words it lies in
LONGEST = 8  # characters of one phrase
# Words that tell nobody anything when they stand at the edge of a phrase, or alone.
TELLING_NOTHING = (
    "的 了 在 是 有 和 与 就 也 都 还 又 才 很 太 我 你 您 他 她 它 这 那 其 之 某 该 此 到 被 把 对 给 从 为 以 于 由 向 里 内"
    " 吗 呢 吧 啊 呀 着 过 而 且 并 或 但 及 等 去 来 将 会 能 要 让 个 们 号 区 市 县 再 更 最 所 因 如 请 各 每 第 年 月 日"
    " 我们 你们 他们 大家 自己 这个 那个 这样 这里 那里 这些 那些 这种 这是 一个 一些 一种 一直 一下 而且 并且 还有 还是 就是 只是"
    " 但是 可是 因为 所以 如果 虽然 于是 或者 以及 以后 之后 之前 以前 已经 曾经 现在 目前 可以 能够 应该 需要 非常 十分 比较 什么 怎么"
    " 怎样 为何 何时 没有 有没有 不是 不能 不到 是否 能否 请问 您好 你好 希望 谢谢 感谢 尊敬 领导 相关 有关 问题 情况 时候 时间 反映 咨询"
    " 投诉 举报 建议 要求 解决 处理 进行 发生 看看 真正 直接 很多 多次 来电 诉求"
    " a an the of to and or in on at by for is it are was be we you i not no with this that"
)
EMPTY = frozenset(TELLING_NOTHING.split())
DENY = frozenset("不没未无别")  # it belongs to what follows


def whole_words(text: str, runs: Sequence[str], *, top: int = 5) -> tuple[str, ...]:
    """The words of `text` that the runs lie in, as many as `top`, in the order of the runs.

    A run grows to the edges of the words that it covers at least half of; empty words at its edges
    go, and a run of nothing else is left out; so is what repeats or holds a stronger one. A run that
    is not in the text (it was changed since) is shown as it is.
    """
    chosen: list[str] = []
    for run in runs:
        phrase = _phrase(text, run)
        if phrase and not any(phrase in other or other in phrase for other in chosen):
            chosen.append(phrase)
    return tuple(chosen[:top])


def _phrase(text: str, run: str) -> str:
    begin = text.find(run)
    if begin < 0:
        return run
    words = [word for word, share in _words_at(text, begin, begin + len(run)) if share >= 0.5]
    while words and _tells_nothing(words[0]):
        words.pop(0)
    while words and (_tells_nothing(words[-1]) or words[-1] in DENY):
        words.pop()
    while len(words) > 1 and sum(map(len, words)) > LONGEST:
        words.pop()
    return "".join(words)


def _words_at(text: str, begin: int, end: int) -> Iterator[tuple[str, float]]:
    """Each word that lies in from `begin` to `end`, and how much of it does."""
    import rjieba  # reads its dictionary at the first use, which most commands never make

    at = max(0, begin - MARGIN)
    for word in rjieba.cut(text[at : end + MARGIN]):
        inside = min(end, at + len(word)) - max(begin, at)
        if inside > 0:
            yield word, inside / len(word)
        at += len(word)


def _tells_nothing(word: str) -> bool:
    return word.lower() in EMPTY or not any(letter.isalpha() for letter in word)
