"""`almanac inspect`: what is inside, single values, and lists of keys."""

import json
import shutil

import pytest

from support.resp import request
from support.server import almanac

pytestmark = pytest.mark.almanac_only

PAIRS = {b"": b"of the empty key", b"plain": b"text", b"lines": b"a\nb", b"binary": bytes(range(256)), b"none": b"",
         b"user:1": b"x", b"user:2": b"y", b"user:30": b"z"}


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    directory = tmp_path_factory.mktemp("inspect")
    (directory / "in.resp").write_bytes(b"".join(request("SET", *pair) for pair in PAIRS.items()))
    done = almanac("build", directory / "in.resp", "--output", directory / "out", "--version-id", "v7", "--parent", "v6")
    assert done.returncode == 0, done.stderr
    return directory / "out"


def inspect(*arguments):
    done = almanac("inspect", *arguments)
    return done.returncode, done.stdout, done.stderr.decode()


def test_facts_in_text_and_json(version):
    code, out, err = inspect(version)
    assert (code, err) == (0, "")
    facts = dict(line.split("  ", 1) for line in out.decode().splitlines())
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["version"] == "v7" and facts["parent"] == "v6" and facts["keys"] == str(len(PAIRS))
    assert facts["first key"] == '""' and facts["last key"] == '"user:30"'
    code, out, _ = inspect(version, "--json")
    facts = json.loads(out)
    assert facts["manifest"] == json.loads((version / "manifest.json").read_text())
    assert facts["engine"]["key_count"] == len(PAIRS) and facts["engine"]["key_count_is_exact"]
    assert facts["file_count"] == len(list(version.iterdir())) and not facts["signed"]
    assert facts["file_bytes"] == sum(path.stat().st_size for path in version.iterdir())


@pytest.mark.parametrize("key", [key for key in PAIRS if key != b"binary"] + [b"binary"])
def test_values_come_raw_to_the_byte(version, key):
    code, out, err = inspect(version, "--key", key.decode(), "--raw")
    assert (code, out, err) == (0, PAIRS[key], "")


def test_values_and_keys_come_printable_on_one_line(version):
    assert inspect(version, "--key", "lines")[1] == b'"a\\x0ab"\n'
    assert json.loads(inspect(version, "--key", "plain", "--json")[1])["value"] == {"text": "text"}
    # A packed version gives its keys in the order of their hashes.
    keys = [b'"user:1"', b'"user:2"', b'"user:30"']
    assert sorted(inspect(version, "--keys", "user:")[1].splitlines()) == keys
    two = inspect(version, "--keys", "user:", "--limit", "2")[1].splitlines()
    assert len(set(two)) == 2 and set(two) < set(keys)
    assert inspect(version, "--keys", "zzz") == (0, b"", "")
    assert len(inspect(version, "--keys", "")[1].splitlines()) == len(PAIRS)
    assert len(json.loads(inspect(version, "--keys", "user:3", "--json")[1])) == 1


def test_an_absent_key_is_exit_code_1_and_prints_no_value(version):
    code, out, err = inspect(version, "--key", "user:3", "--raw")
    assert (code, out) == (1, b"") and '"user:3"' in err


def test_the_manifest_is_shown_where_the_files_do_not_open(version, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(version, broken)
    broken.chmod(0o755)
    next(broken.glob("*.packed")).unlink()
    code, out, err = inspect(broken)
    assert code == 65 and b"v7" in out and b"does not open" in out and "slot" in err
    code, out, _ = inspect(broken, "--json")
    assert code == 65 and json.loads(out)["manifest"]["version_id"] == "v7" and json.loads(out)["engine_problem"]
    assert inspect(broken, "--key", "plain")[0] == 65


def test_a_data_directory_and_a_bare_database(version, tmp_path):
    (tmp_path / "data/versions").mkdir(parents=True)
    (tmp_path / "data/quarantine").mkdir()
    (tmp_path / "data/quarantine/v5.json").write_text("{}")
    shutil.copytree(version, tmp_path / "data/versions/v7")
    code, out, _ = inspect(tmp_path / "data", "--json")
    facts = json.loads(out)
    assert code == 0 and facts["versions"] == ["v7"] and facts["quarantined"] == ["v5"] and "directory" not in facts
    assert inspect(tmp_path / "data", "--key", "plain")[0] == 65
    (tmp_path / "data/current").symlink_to("versions/v7")
    facts = json.loads(inspect(tmp_path / "data", "--json")[1])
    assert facts["directory"].endswith("/versions/v7") and facts["manifest"]["version_id"] == "v7"
    assert inspect(tmp_path / "data", "--key", "plain")[1] == b'"text"\n'

    bare = tmp_path / "bare"
    shutil.copytree(version, bare)
    bare.chmod(0o755)
    (bare / "manifest.json").unlink()
    code, out, _ = inspect(bare)
    assert code == 0 and f"{len(PAIRS)} keys".encode() in out


def test_wrong_command_lines(version, tmp_path):
    assert inspect(version, "--key", "a", "--keys", "b")[0] == 64
    assert inspect(version, "--raw")[0] == 64
    assert inspect(version, "--keys", "a", "--limit", "0")[0] == 64
    assert inspect(tmp_path / "none")[0] == 74
