import pytest

from ml.settings import MlSettings, from_environment


def test_nothing_set_means_the_bundled_models_on_two_threads():
    assert from_environment({}) == MlSettings(threads=2)


def test_folders_and_threads_are_taken_from_the_environment(tmp_path):
    settings = from_environment(
        {
            "VERDICT_ML_THREADS": "1",
            "VERDICT_PADDLE_MODEL_DIR": str(tmp_path),
            "VERDICT_INSIGHTFACE_DIR": str(tmp_path),
            "VERDICT_WEIGHTS_LICENCE_ACKNOWLEDGED": "true",
        }
    )
    assert settings == MlSettings(threads=1, paddle_model_dir=tmp_path, insightface_dir=tmp_path)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"VERDICT_ML_THREADS": "two"}, "whole number"),
        ({"VERDICT_ML_THREADS": "0"}, "1 to 64"),
        ({"VERDICT_PADDLE_MODEL_DIR": "/no/such/folder"}, "VERDICT_PADDLE_MODEL_DIR"),
        (
            {"VERDICT_INSIGHTFACE_DIR": "/no/such/folder", "VERDICT_WEIGHTS_LICENCE_ACKNOWLEDGED": "true"},
            "VERDICT_INSIGHTFACE_DIR",
        ),
        ({"VERDICT_INSIGHTFACE_DIR": "/"}, "forbid commercial use"),
    ],
)
def test_a_wrong_setting_stops_the_start(environment, message):
    with pytest.raises(ValueError, match=message):
        from_environment(environment)
