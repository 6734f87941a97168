import numpy as np
import pytest
from PIL import Image, ImageFilter

from connectors.sandbox.specimens import FLAT, pan_card, selfie
from ml.images import load_image
from ml.quality import document_quality, face_quality


@pytest.fixture(scope="module")
def card(asha):
    return load_image(pan_card(asha, 2, capture=FLAT))


def blurred(picture, radius):
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def lit(picture, share):
    """Burn a white disc over about `share` of the picture."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    radius2 = share * picture.shape[0] * picture.shape[1] / np.pi
    disc = (x - picture.shape[1] / 2) ** 2 + (y - picture.shape[0] / 2) ** 2 < radius2
    return np.where(disc[:, :, None], 255, picture).astype(np.uint8)


def measure(quality, name):
    return next(measure for measure in quality.measures if measure.name == name)


def test_a_clean_scan_has_full_quality_and_no_complaints(card):
    quality = document_quality(card)
    assert quality.score == 1
    assert quality.complaints == ()


def test_more_blur_is_never_better(card):
    values = [measure(document_quality(blurred(card, radius)), "sharpness").value for radius in (0, 1, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
    assert document_quality(blurred(card, 4)).complaints == ("The picture is blurred; hold still and take it again.",)


def test_noise_does_not_make_a_blurred_picture_sharp(card):
    noise = np.random.default_rng(1).normal(0, 4, card.shape)
    noisy = np.clip(blurred(card, 5) + noise, 0, 255).astype(np.uint8)
    assert not measure(document_quality(noisy), "sharpness").passed


def test_more_glare_is_never_better(card):
    shares = [measure(document_quality(lit(card, share)), "glare") for share in (0, 0.02, 0.1, 0.3)]
    assert [glare.value for glare in shares] == sorted(glare.value for glare in shares)
    assert [glare.passed for glare in shares] == [True, True, False, False]


def test_white_paper_is_not_taken_for_glare():
    page = np.full((1400, 1000, 3), 255, np.uint8)
    assert all(measure.name != "glare" for measure in document_quality(page, white_paper=True).measures)


def test_a_dark_or_small_picture_says_so(card):
    assert not measure(document_quality((card * 0.15).astype(np.uint8)), "exposure").passed
    assert not measure(document_quality(card[::3, ::3]), "resolution").passed


def test_the_overall_score_is_the_worst_of_the_measures(card):
    quality = document_quality(lit(blurred(card, 2), 0.08))
    assert quality.score == min(measure.score for measure in quality.measures)


def test_a_sharp_face_is_better_than_a_blurred_one(dlib_faces):
    picture = load_image(selfie(3))
    box = dlib_faces.boxes(picture)[0]
    face = picture[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert face_quality(face).score > face_quality(blurred(face, 4)).score
