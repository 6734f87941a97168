"""What every `FaceEngine` promises. InsightFace runs in the same suite where its extra and a model pack are installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.specimens import pan_card, selfie
from ml.errors import NotExecuted
from ml.face import MATCH_SCORE, FaceEngine, FaceOutcome, compare_faces, face_engine
from ml.face.dlib_engine import MATCH_DISTANCE, bundled_weights
from ml.face.engine import calibrated
from ml.face.insight import InsightFaceEngine
from ml.images import load_image
from ml.settings import MlSettings


@pytest.fixture(scope="module", params=["dlib", "insightface"])
def engine(request):
    if request.param == "dlib":
        return face_engine(MlSettings())
    folder = os.environ.get("VERDICT_INSIGHTFACE_DIR")
    if find_spec("insightface") is None or not folder:
        pytest.skip("the extra `insightface` is not installed or VERDICT_INSIGHTFACE_DIR is not set")
    return face_engine(MlSettings(insightface_dir=Path(folder)))


@pytest.fixture(scope="module")
def card(asha):
    return pan_card(asha, 5)


def test_it_is_a_face_engine_and_names_its_weights(engine):
    assert isinstance(engine, FaceEngine)
    assert "@" in engine.model_id


def test_a_selfie_shows_one_face_inside_the_picture(engine):
    picture = load_image(selfie(2))
    (face,) = engine.faces(picture)
    assert 150 < face.box.width < 500
    assert 0 <= face.box.left < face.box.right <= picture.shape[1]
    assert face.embedding.ndim == 1
    assert engine.largest(picture)[0] == 1


def test_a_picture_without_a_face_has_none(engine):
    blank = np.full((400, 500, 3), 128, np.uint8)
    assert engine.boxes(blank) == []
    assert engine.faces(blank) == []
    assert engine.largest(blank) == (0, None)


def test_two_faces_are_counted_and_the_largest_comes_first(engine):
    near = load_image(selfie(1))
    small = np.ascontiguousarray(near[::2, ::2])
    both = np.full((near.shape[0], near.shape[1] + small.shape[1], 3), 200, np.uint8)
    both[: near.shape[0], : near.shape[1]] = near
    both[: small.shape[0], near.shape[1] :] = small
    count, largest = engine.largest(both)
    assert count == 2
    assert largest.box.right < near.shape[1]


def test_a_face_is_fully_like_itself_and_the_score_is_symmetric(engine):
    a, b = (engine.largest(load_image(selfie(seed)))[1].embedding for seed in (1, 2))
    assert engine.score(a, a) == pytest.approx(1, abs=1e-3)
    assert engine.score(a, b) == pytest.approx(engine.score(b, a), abs=1e-6)
    assert 0 <= engine.score(a, b) <= 1


def test_the_same_person_scores_above_another_and_both_on_their_side_of_the_limit(engine, card):
    for seed in (1, 2, 3):
        same = compare_faces(card, selfie(seed), engine=engine)
        other = compare_faces(card, selfie(seed, other=True), engine=engine)
        assert same.is_match
        assert not other.is_match
        assert other.outcome is FaceOutcome.NO_MATCH
        assert same.score > MATCH_SCORE > other.score


def test_where_a_face_is_missing_there_is_a_reason_and_no_score(engine, card, encoded):
    blank = encoded(np.full((400, 500, 3), 128, np.uint8))
    for pair, outcome in (
        ((blank, card), FaceOutcome.NO_FACE_A),
        ((card, blank), FaceOutcome.NO_FACE_B),
        ((blank, blank), FaceOutcome.NO_FACES),
    ):
        match = compare_faces(*pair, engine=engine)
        assert (match.outcome, match.score, match.is_match) == (outcome, None, False)
        assert match.reason.startswith("There is no face in")


@given(st.floats(0, 2), st.floats(0, 2))
def test_a_smaller_distance_never_scores_lower(a, b):
    near, far = sorted((a, b))
    assert calibrated(near, 0.6, 1.2) >= calibrated(far, 0.6, 1.2)


def test_the_operating_point_is_exactly_at_the_documented_distance():
    assert calibrated(MATCH_DISTANCE, MATCH_DISTANCE, 1.2) == pytest.approx(MATCH_SCORE)
    assert calibrated(0, MATCH_DISTANCE, 1.2) == 1
    assert calibrated(5, MATCH_DISTANCE, 1.2) == 0


def test_weights_that_the_wheel_lacks_are_not_executed():
    with pytest.raises(NotExecuted, match="carries no"):
        bundled_weights("imaginary.dat")


def test_an_insightface_folder_without_models_is_not_executed(tmp_path):
    with pytest.raises(NotExecuted, match=r"no \.onnx models"):
        InsightFaceEngine(tmp_path)


@pytest.mark.skipif(find_spec("insightface") is not None, reason="the extra `insightface` is installed")
def test_without_the_insightface_extra_a_configured_folder_is_not_executed_and_never_replaced(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(NotExecuted, match="not installed"):
        face_engine(MlSettings(insightface_dir=tmp_path))


def test_people_in_published_photographs_are_told_apart(public_data, dlib_faces):
    def face(name):
        return dlib_faces.largest(load_image(public_data / "faces" / name))[1].embedding

    people = {
        "obama": [face("obama-720p.jpg"), face("test_images_obama3.jpg")],
        "biden": [face("biden.jpg"), face("knn_examples_train_biden_biden2.jpg")],
        "leslie": [face("knn_examples_train_rose_leslie_img1.jpg"), face("knn_examples_train_rose_leslie_img2.jpg")],
    }
    same = [dlib_faces.score(a, b) for a, b in people.values()]
    others = [
        dlib_faces.score(a, b)
        for one in people
        for two in people
        if one < two
        for a in people[one]
        for b in people[two]
    ]
    assert min(same) >= MATCH_SCORE > max(others)
