"""Learning: from labelled files and corrections; a new model only if it is better; reversible."""

import random
from datetime import UTC, datetime, timedelta

import pytest

import packs
from xianban.base.errors import BadInput, NotFound
from xianban.city import api as city
from xianban.dispatch import actions, queries
from xianban.dispatch.api import Said, learn, model_in_use, propose, retrain, revert
from xianban.dispatch.judging import Quality
from xianban.dispatch.models import DispatchModel, Lesson
from xianban.dispatch.rules import is_better
from xianban.ledger.api import history

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WORDS = {
    "010101": ("停水", "没水", "水龙头", "水压"),
    "020101": ("路灯", "不亮", "黑", "灯杆"),
    "030201": ("驾照", "上牌", "换证", "车管所"),
}
FILLER = "的了是在我有和就不人都一上也很到说要去你会着没看好自己这那他她它们里后天过家时可以"


@pytest.fixture(autouse=True)
def _city(db, tmp_path):
    city.forget()
    queries.forget()
    packs.load_small_city(tmp_path / "pack")
    yield
    queries.forget()


def labelled(n=120, seed=0, swap=0.0):
    """Made texts of three matters; a share `swap` carries a wrong label."""
    chance = random.Random(seed)
    texts, labels = [], []
    for i in range(n):
        matter = list(WORDS)[i % 3]
        said = chance.choices(WORDS[matter], k=3) + chance.choices(FILLER, k=25)
        chance.shuffle(said)
        texts.append("".join(said))
        labels.append(chance.choice(list(WORDS)) if chance.random() < swap else matter)
    return texts, labels


def test_the_first_model_of_its_own_is_adopted_and_decides():
    done = learn(*labelled(), now=NOW)
    assert done.adopted
    assert done.before is None
    assert done.lessons == 120
    assert done.held_back > 0
    (found,) = propose([Said(text="路灯不亮")], at=NOW)
    assert found.matter == "020101"
    assert found.model == f"model {done.number}"
    assert history("dispatch")[-1].payload == {"adopted": True, "model": done.number}


def test_labels_may_be_names_or_paths_and_unknown_ones_are_counted():
    texts, labels = labelled()
    names = {"010101": "停水", "020101": "城市设施与道路/道路设施/路灯不亮", "030201": "nothing"}
    done = learn(texts, [names[label] for label in labels], now=NOW)
    assert done.unknown == 40
    assert set(Lesson.objects.values_list("matter", flat=True)) == {"010101", "020101"}


def test_a_file_of_another_city_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match="none of the 1 labels"):
        learn(["a", "b"], ["Brunnen", "Brunnen"], now=NOW)
    assert not DispatchModel.objects.exists()


def test_a_worse_model_is_not_adopted():
    learn(*labelled(), now=NOW)
    texts, labels = labelled(n=600, seed=1, swap=0.9)
    done = learn(texts, labels, now=NOW + timedelta(hours=1))
    champion, challenger = done.before, done.figures
    assert done.adopted == is_better(challenger, champion)
    assert model_in_use().pk == (done.number if done.adopted else done.number - 1)


@pytest.mark.parametrize(
    ("f1", "ece", "better"), [(0.91, 0.02, True), (0.90, 0.01, False), (0.95, 0.2, False)]
)
def test_better_means_more_right_and_as_honest(f1, ece, better):
    champion = Quality(100, 0.9, 0.9, 0.02, 1, 1, 1)
    assert is_better(Quality(100, 0.9, f1, ece, 1, 1, 1), champion) is better


def test_the_same_file_again_is_no_new_lesson():
    learn(*labelled(), now=NOW)
    learn(*labelled(), now=NOW + timedelta(hours=1))
    assert Lesson.objects.count() == 120


def test_lessons_hold_no_numbers_of_people():
    texts, labels = labelled()
    learn([f"{texts[0]}，电话13800138000", *texts[1:]], labels, now=NOW)
    assert not Lesson.objects.filter(text__contains="13800138000").exists()


def test_a_model_can_be_withdrawn():
    with pytest.raises(NotFound):
        revert(now=NOW, by="user:1")
    learn(*labelled(), now=NOW)
    assert revert(now=NOW, by="user:1") is None
    (found,) = propose([Said(text="路灯不亮")], at=NOW)
    assert found.model == "examples"


def test_where_the_model_cannot_be_read_the_examples_decide_and_it_is_said(caplog):
    learn(*labelled(), now=NOW)
    (queries.models_folder() / model_in_use().file).write_bytes(b"of an older Xianban")
    queries.forget()
    (found,) = propose([Said(text="路灯不亮")], at=NOW)
    assert found.model == "examples"
    assert "until a model is trained again" in caplog.text


def test_retraining_waits_for_enough_corrections(monkeypatch):
    assert retrain(now=NOW) is None
    learn(*labelled(), now=NOW)

    def corrected(since=None):
        return (
            Corrected(f"检修口{i}盖板坏了", "020102", NOW + timedelta(minutes=i))
            for i in range(actions.ENOUGH_CORRECTIONS)
        )

    monkeypatch.setattr(actions, "corrections", corrected)
    done = retrain(now=NOW + timedelta(days=1))
    assert done.corrections == actions.ENOUGH_CORRECTIONS
    assert DispatchModel.objects.get(pk=done.number).upto == NOW + timedelta(minutes=19)


class Corrected:
    """A correction as casework gives it."""

    def __init__(self, text, matter, at):
        self.title, self.text, self.place, self.matter, self.at = "", text, "", matter, at
