"""The text model: the kernel against a plain oracle, laws of training, and files that may lie."""

import json
import math
import random
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.dispatch import kernel
from xianban.dispatch.calibration import calibrate
from xianban.dispatch.classifier import TextModel
from xianban.dispatch.features import encode, folds, gather, joints, near_duplicates
from xianban.dispatch.judging import measure
from xianban.dispatch.learning import FEW, MANY, cross_validate, held_out, spread, train

WORDS = {
    "水": ("停水", "没水", "水管"),
    "灯": ("路灯", "不亮", "灯杆"),
    "车": ("驾照", "上牌", "换证"),
}
FILLER = "的了是在我有和就不人都一上也很到说要去你会着没看好自己这那她它们里后天过家时可以"


def labelled(n=150, seed=0):
    chance = random.Random(seed)
    texts, labels = [], []
    for i in range(n):
        label = list(WORDS)[i % 3]
        said = chance.choices(WORDS[label], k=2) + chance.choices(FILLER, k=30)
        chance.shuffle(said)
        texts.append("".join(said))
        labels.append(label)
    return texts, labels


@pytest.fixture(scope="module")
def model():
    return train(*labelled(), recipe=MANY)


# the kernel against an oracle of plain Python


def folded(text):
    """The kept units of a text, as the kernel reads them."""
    units, kept = encode([text])[0], []
    for unit in kernel.folding()[units].tolist():
        if unit != kernel.BLANK or (kept and kept[-1] != kernel.BLANK):
            kept.append(unit)
    return kept[: kernel.LONGEST]


def known_of(model, key):
    """The row of a pair or word, and whether it joins its units to a word."""
    bits = key * 2_654_435_769 & 0xFFFFFFFF
    bits = (bits ^ (bits >> 15)) * 0x85EB_CA6B & 0xFFFFFFFF
    buckets = len(model.slots) // kernel.BUCKET
    bucket = bits >> (32 - int(math.log2(buckets)))
    found = 0
    for entry in model.slots[bucket * 4 : bucket * 4 + 4].tolist():
        if entry >> 19 == (bits & 0x1FFF | 1):
            found = entry
    return found & 0x3FFFF, bool(found & 0x40000)


def words_of(model, units):
    """The runs of joined units, each as the list of its units."""
    runs = [[unit] for unit in units[:1]]
    for a, b in pairwise(units):
        if known_of(model, (a << 16) | b)[1]:
            runs[-1].append(b)
        else:
            runs.append([b])
    return [run for run in runs if len(run) > 1]


def key_of_word(units):
    word = 0
    for unit in units:
        word = (word * 2_654_435_769 + unit) & 0xFFFFFFFF
    bits = word * 2_654_435_769 & 0xFFFFFFFF
    bits = (bits ^ (bits >> 15)) * 0x85EB_CA6B & 0xFFFFFFFF
    return 0xE0000000 | (bits >> 4)


def oracle(model, text):
    """Scores by counting in a dictionary, one block after the other."""
    units = folded(text)
    sums, root = np.zeros(len(model.labels)), 0.0
    for block, mark in enumerate((*model.marks, kernel.LONGEST)):
        head = units[:mark]
        rows = [int(model.single[unit]) for unit in head]
        rows += [known_of(model, (a << 16) | b)[0] for a, b in pairwise(head)]
        if block == len(model.marks):
            rows += [known_of(model, key_of_word(word))[0] for word in words_of(model, units)]
        counts = {row: rows.count(row) for row in set(rows) if row}
        root = sum((1 + math.log(n)) ** 2 for n in counts.values()) ** 0.25
        for row, n in counts.items():
            sums += (1 + math.log(n)) * model.table[block, row, : len(model.labels)] / root
    scale = model.scales[: len(model.labels)]
    return sums * scale / root + model.biases if root else model.biases


said = st.text(st.sampled_from("停水没路灯不亮驾照上牌的了 \t　１1AaＡ😀\ud800é"), max_size=120)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(said, min_size=1, max_size=6))
def test_the_kernel_scores_as_a_plain_count_does(model, texts):
    expected = np.array([oracle(model, text) for text in texts])
    np.testing.assert_allclose(model.scores(texts), expected, atol=1e-4)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_any_text_gets_probabilities_that_sum_to_one(model, texts):
    chances = model.probabilities(texts)
    assert np.isfinite(chances).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert len(model.words_for(texts, chances.argmax(axis=1))) == len(texts)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(said, min_size=2, max_size=6))
def test_a_text_is_read_alike_in_any_company(model, texts):
    alone = np.concatenate([model.probabilities([text]) for text in texts])
    np.testing.assert_array_equal(model.probabilities(texts), alone)


@pytest.mark.parametrize(
    "text", ["", " \n\t", "😀", "\ud800", "\x00", "a" * 100_000, " " * 100_000]
)
def test_odd_texts_are_answered(model, text):
    chances = model.probabilities([text])
    assert chances.shape == (1, 3)
    assert chances.sum() == pytest.approx(1, abs=1e-5)


def test_a_flood_of_text_is_read_no_further_than_the_longest(model):
    assert (
        model.probabilities(["路灯" * 500]) == model.probabilities(["路灯" * 500 + "驾照" * 50_000])
    ).all()


def test_no_texts_give_no_rows(model):
    assert model.probabilities([]).shape == (0, 3)
    assert model.words_for([], np.array([], int)) == []


def test_full_width_digits_and_case_are_read_alike(model):
    assert (model.probabilities(["１２楼ＡＢ"]) == model.probabilities(["98楼ab"])).all()


# words


def test_joints_are_the_pairs_that_a_segmenter_leaves_within_a_word():
    found = joints(["小区路灯不亮", "路灯坏了", "😀\ud800 路灯", ""], least=3)
    assert [chr(pair >> 16) + chr(pair & 0xFFFF) for pair in found.tolist()] == ["路灯"]
    assert not len(joints([], least=1))


def test_the_model_finds_words_by_joints(model):
    spelt = words_of(model, folded("我家门口的路灯"))
    assert [ord("路"), ord("灯")] in spelt
    row, _ = known_of(model, key_of_word([ord("路"), ord("灯")]))
    assert row
    assert model.table[-1, row, model.labels.index("灯")] > 0
    assert not model.table[:-1, row].any()


def test_the_words_learned_are_the_words_read(model):
    """Learning and scoring walk the text in two kernels: they must spell alike."""
    texts, _ = labelled(60, seed=4)
    known = joints(texts, least=1)
    gathered = gather(texts, marks=(20,), joints=known)
    assert gathered.names[: gathered.joints].tolist() == known.tolist()
    pairs = set(known.tolist())
    for text, end, begin in zip(texts, gathered.ends[:, 1], gathered.ends[:, 0], strict=True):
        units = folded(text)
        breaks = [k for k in range(1, len(units)) if (units[k - 1] << 16 | units[k]) not in pairs]
        runs = [units[a:b] for a, b in pairwise([0, *breaks, len(units)])]
        expected = {key_of_word(run) for run in runs if len(run) > 1}
        listed = set(gathered.names[gathered.rows[begin:end]].tolist())
        assert {key for key in listed if key >= kernel.WORD} == expected


# training


def test_rows_in_any_order_give_the_same_bits():
    texts, labels = labelled(60)
    order = list(range(60))
    random.Random(3).shuffle(order)
    one, other = train(texts, labels), train([texts[i] for i in order], [labels[i] for i in order])
    for name in ("single", "slots", "table", "scales", "biases", "slopes", "offsets"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_labels_may_be_any_strings():
    texts, labels = labelled(60)
    odd = {"水": "a/b, c", "灯": " 灯 ", "车": "😀"}
    assert train(texts, [odd[label] for label in labels]).labels == tuple(sorted(odd.values()))


def test_five_hundred_labels_with_a_few_examples_each():
    chance = random.Random(5)
    han = [chr(0x4E00 + i) for i in range(3000)]
    own = {f"m{i}": chance.sample(han, 4) for i in range(517)}
    texts = ["".join(chance.sample(own[m], 3)) + chance.choice(FILLER) for m in own for _ in "123"]
    many = train(texts, [m for m in own for _ in "123"])
    probe = [own[m][0] + own[m][1] + own[m][2] + own[m][3] for m in own]
    named = [many.labels[k] for k in many.probabilities(probe).argmax(axis=1)]
    assert np.mean([a == b for a, b in zip(named, own, strict=True)]) > 0.9


@pytest.mark.parametrize(
    ("texts", "labels", "sentence"),
    [
        (["路灯", "灯坏了"], ["灯", "灯"], "1 different label"),
        (["", "  "], ["灯", "水"], "0 different labels"),
        ([], [], "0 different labels"),
    ],
)
def test_too_little_to_learn_from_is_said(texts, labels, sentence):
    with pytest.raises(BadInput, match=sentence):
        train(texts, labels)


def test_one_label_alone_is_certain_where_that_is_wanted():
    assert train(["停水"], ["水"], least=1).probabilities(["anything"]).tolist() == [[1.0]]


def test_labels_at_random_are_not_believed():
    """On noise the likeliest label is right as often as chance, and the model says so."""
    texts, labels = labelled(600)
    random.Random(1).shuffle(labels)
    quality = cross_validate(texts, labels)
    assert quality.accuracy < 0.45
    assert quality.ece < 0.1


# folds


def test_near_duplicates_stay_in_one_fold():
    texts, labels = labelled(90)
    doubled = texts + [text + "！" for text in texts]
    fold_of = spread(doubled, labels * 2, count=5, seed=0)
    assert (fold_of[:90] == fold_of[90:]).all()
    assert set(fold_of.tolist()) == set(range(5))


def test_different_texts_are_not_grouped():
    texts, _ = labelled(60)
    assert len(set(near_duplicates(gather(texts, marks=())).tolist())) == 60


def test_folds_have_about_the_same_share_of_each_label():
    truth = np.arange(300) % 3
    fold_of = folds(truth, np.arange(300), count=5, seed=1)
    for label in range(3):
        counts = np.bincount(fold_of[truth == label], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_a_text_is_judged_by_a_model_that_has_not_seen_it():
    texts, labels = labelled(60)
    labels[0] = "only here"
    fold_of = spread(texts, labels, count=3, seed=0)
    chances, names = held_out(texts, labels, fold_of)
    assert chances[0, names.index("only here")] == 0


# calibration


def test_calibration_finds_the_slope_that_made_the_labels():
    chance = np.random.default_rng(0)
    raw = chance.normal(size=(5000, 3)).astype(np.float32)
    odds = np.exp(2.5 * raw + [0.5, 0, -0.5])
    truth = (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)
    truth = (chance.random((5000, 1)) > truth).sum(axis=1)
    slopes, offsets = calibrate(raw, truth)
    assert slopes == pytest.approx(2.5, abs=0.15)
    assert offsets - offsets.mean() == pytest.approx([0.5, 0, -0.5], abs=0.12)


# words


def test_words_that_spoke_are_parts_of_the_text(model):
    text = "我家门口的路灯很久都不亮了"
    ((first, *others),) = model.words_for([text], np.array([model.labels.index("灯")]))
    assert any(word in first for word in ("路灯", "不亮"))
    assert all(word in text for word in (first, *others))
    assert len(others) < 5


# files


def same(one, other):
    return (one.labels, one.marks, one.about) == (other.labels, other.marks, other.about) and all(
        np.array_equal(getattr(one, n), getattr(other, n)) for n in ("single", "slots", "table")
    )


def test_a_model_comes_back_with_the_same_bits(model, tmp_path):
    path = tmp_path / "m.npz"
    model.save(path)
    back = TextModel.load(path)
    assert same(model, back)
    texts = labelled(30, seed=9)[0]
    assert model.probabilities(texts).tobytes() == back.probabilities(texts).tobytes()
    model.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"m.npz", "again.npz"}


@pytest.mark.parametrize("content", [b"", b"id,text\n1,a\n", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_a_file_that_is_no_model_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is not a text model, or is damaged"):
        TextModel.load(path)


def test_a_missing_file_and_a_folder_are_said(tmp_path):
    with pytest.raises(BadInput, match="there is no model file"):
        TextModel.load(tmp_path / "none.npz")
    with pytest.raises(BadInput, match="is not a text model"):
        TextModel.load(tmp_path)


def test_a_model_cut_short_is_refused(model, tmp_path):
    path = tmp_path / "m.npz"
    model.save(path)
    whole = path.read_bytes()
    for share in (0.2, 0.6, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadInput):
            TextModel.load(path)


def written(model, path, **changes):
    """The model's file with some of its parts replaced."""
    model.save(path)
    with np.load(path) as archive:
        parts = {name: archive[name] for name in archive.files}
    head = json.loads(parts["head"].tobytes()) | changes.pop("head", {})
    parts["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    np.savez(path, **(parts | changes))
    return path


@pytest.mark.parametrize("name", ["single", "slots"])
def test_rows_beyond_the_table_are_refused(model, tmp_path, name):
    """The kernel reads memory by these numbers, so a forged file must not get that far."""
    forged = getattr(model, name).copy()
    forged[7] = 200_000
    with pytest.raises(BadInput):
        TextModel.load(written(model, tmp_path / "m.npz", **{name: forged}))


@pytest.mark.parametrize(
    "head", [{"labels": ["one"]}, {"marks": [35, 20]}, {"marks": [20, 5000]}, {"format": "other"}]
)
def test_a_head_that_does_not_fit_is_refused(model, tmp_path, head):
    with pytest.raises(BadInput):
        TextModel.load(written(model, tmp_path / "m.npz", head=head))


def test_a_newer_version_is_named(model, tmp_path):
    with pytest.raises(BadInput, match="version 99"):
        TextModel.load(written(model, tmp_path / "m.npz", head={"version": 99}))


def test_pickled_code_is_never_run(tmp_path):
    path = tmp_path / "m.npz"
    np.savez(path, head=np.array([{"a": 1}], dtype=object))
    assert zipfile.is_zipfile(path)
    with pytest.raises(BadInput):
        TextModel.load(path)


def test_a_place_that_cannot_be_written_is_said(model, tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        model.save(tmp_path / "no such folder" / "m.npz")


# the real messages


@pytest.mark.slow
def test_the_marks_on_real_messages(data):
    import csv
    import gzip

    with gzip.open(data / "messages/labelled.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    quality = cross_validate([r["text"] for r in rows], [r["label"] for r in rows])
    assert quality.macro_f1 >= 0.915
    assert quality.ece <= 0.03
    assert quality.accuracy_at_80 >= 0.96


def test_figures_of_a_table_by_hand():
    chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    found = measure(chances, ("a", "b"), ["a", "b", "b", "a"])
    assert found.accuracy == 0.75
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert found.accuracy_at_70 == 1.0
    assert found.ece == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)


def test_the_recipe_for_few_reads_no_beginnings():
    assert (FEW.marks, MANY.marks) == ((), (20, 35))
