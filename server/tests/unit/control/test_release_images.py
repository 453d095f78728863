"""What a release says of its image: the port is a setting, not a matter of the build."""

from capsule.control.delivery.releases.service import _image
from capsule.models import Capsule

PLAN = {"dockerfile": "Dockerfile", "context": "", "reference": "", "port": 0}
MANIFEST = {"image": {"reference": "capsule/3:art_1", "id": "sha256:1", "port": 80, "user": ""}}


def test_the_port_that_the_image_exposes_or_the_one_that_is_set() -> None:
    capsule = Capsule(config={})
    made = _image(capsule, PLAN, MANIFEST)
    assert made is not None
    assert (made["reference"], made["port"]) == ("capsule/3:art_1", 80)
    set_ = _image(Capsule(config={"port": 5000}), made, MANIFEST)
    assert set_ is not None
    assert set_["port"] == 5000
    again = _image(capsule, set_, MANIFEST)
    assert again is not None
    assert again["port"] == 80


def test_other_capsules_have_none() -> None:
    assert _image(Capsule(config={"port": 1}), None, None) is None
