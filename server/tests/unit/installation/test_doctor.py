"""Doctor looks at the real machine it runs on."""

import shutil

from capsule.installation import doctor


def test_every_part_tells_what_it_enables_and_what_to_do_when_missing() -> None:
    findings = doctor.examine()
    assert {"git", "bubblewrap", "cgroups", "node"} <= {finding.part for finding in findings}
    for finding in findings:
        assert finding.enables
        assert bool(finding.hint) != finding.found


def test_git_is_found_with_its_version_exactly_when_it_is_there() -> None:
    git = next(finding for finding in doctor.examine() if finding.part == "git")
    assert git.found == (shutil.which("git") is not None)
    assert not git.found or git.version[0].isdigit()


def test_part_that_is_not_on_the_path_is_missing() -> None:
    missing = doctor._Part("gone", "nothing", "install it", doctor._program("no-such-program-here"))
    assert missing.look() is None
