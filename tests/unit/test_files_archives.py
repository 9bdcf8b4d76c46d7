"""Zips and folders: RELIABILITY case 33, and first bytes inside them (case 32)."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from spatial.archives import Archive, ZipLimits
from spatial.errors import InputError

ROWS = b"Month,LSOA code\n2025-01,E01000001\n"


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def contents(archive: Archive) -> dict[str, bytes]:
    found = {}
    for member in archive.members:
        with archive.open(member.name) as stream:
            found[member.name] = stream.read()
        assert member.size == len(found[member.name])
    return found


def test_zip_folder_and_file_show_one_face(tmp_path: Path) -> None:
    entries = {"2025-02/b.csv": ROWS * 2, "2025-01/a.csv": ROWS, "README.txt": b"hello"}
    folder = tmp_path / "months"
    for name, content in entries.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    expected = {"2025-01/a.csv": ROWS, "2025-02/b.csv": ROWS * 2}
    with Archive(zipped(tmp_path / "months.zip", entries), shown_as="in/months.zip") as archive:
        assert contents(archive) == expected
        assert list(contents(archive)) == sorted(expected)
        assert archive.label("2025-01/a.csv") == "in/months.zip!2025-01/a.csv"
    with Archive(folder, shown_as="in/months") as archive:
        assert contents(archive) == expected
        assert archive.label("2025-01/a.csv") == "in/months/2025-01/a.csv"
    with Archive(folder / "2025-01" / "a.csv", shown_as="in/a.csv") as archive:
        assert contents(archive) == {"a.csv": ROWS}
        assert archive.label("a.csv") == "in/a.csv"


def test_what_macos_adds_is_not_a_table(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", {"a.csv": ROWS, "__MACOSX/._a.csv": b"\x00\x05", "._b.csv": b"\x00"}
    )
    with Archive(path) as archive:
        assert [member.name for member in archive.members] == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../a.csv", r"has '\.\.' in its name"),
        ("x/../../a.csv", r"has '\.\.' in its name"),
        ("x\\..\\a.csv", r"has '\.\.' in its name"),
        ("/etc/a.csv", "absolute name"),
        ("C:/a.csv", "absolute name"),
        ("inner.zip", "an archive inside an archive"),
        ("deep/inner.tar.gz", "an archive inside an archive"),
        ("INNER.ZIP", "an archive inside an archive"),
    ],
)
def test_case_33_hostile_names_are_refused(tmp_path: Path, name: str, why: str) -> None:
    path = zipped(tmp_path / "a.zip", {"good.csv": ROWS, name: ROWS})
    with pytest.raises(InputError, match=why):
        Archive(path)


def test_case_33_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        Archive(path)


def test_case_33_the_ratio_is_limited(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": ROWS + b"0" * 30_000_000})
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="the limit is 200 times"):
        Archive(path)


def test_case_33_the_total_size_is_limited_whatever_the_ratio(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": ROWS * 40, "b.csv": ROWS * 40})
    size = len(ROWS) * 80
    Archive(path, limits=ZipLimits(total_bytes=size)).close()
    with pytest.raises(InputError, match=f"unpacks to {size:,} bytes"):
        Archive(path, limits=ZipLimits(total_bytes=size - 1))


def test_case_33_the_number_of_entries_is_limited(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{n}.csv": ROWS for n in range(4)})
    Archive(path, limits=ZipLimits(entries=4)).close()
    with pytest.raises(InputError, match="holds 4 entries; the limit is 3"):
        Archive(path, limits=ZipLimits(entries=3))


def test_case_33_a_size_that_lies_cannot_unpack_more(tmp_path: Path) -> None:
    """The directory says 100 bytes where three million come out: refused, or cut at 100."""
    path = zipped(tmp_path / "a.zip", {"a.csv": ROWS * 100_000})
    raw = path.read_bytes()
    size = (len(ROWS) * 100_000).to_bytes(4, "little")
    path.write_bytes(raw.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises((InputError, zipfile.BadZipFile)), Archive(path) as archive:  # noqa: PT012
        with archive.open("a.csv") as stream:
            content = stream.read()
        assert len(content) <= 100


def test_case_33_entries_may_not_share_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.csv", ROWS * 50)
        file.writestr("b.csv", ROWS * 50)
        # Both names point at the first entry's bytes: the trick of overlapping zip bombs.
        file.infolist()[1].header_offset = file.infolist()[0].header_offset
    with pytest.raises(InputError, match="shares its bytes"):
        Archive(path)


def test_case_33_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.csv", ROWS)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("a.csv", ROWS * 2)
    with pytest.raises(InputError, match="in the zip twice"):
        Archive(path)


def test_case_33_encrypted_and_oddly_packed_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("a.csv", ROWS)
    with pytest.raises(InputError, match="other than deflate"):
        Archive(path)
    raw = bytearray(zipped(tmp_path / "b.zip", {"a.csv": ROWS}).read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "b.zip").write_bytes(raw)
    with pytest.raises(InputError, match="is encrypted"):
        Archive(tmp_path / "b.zip")


def test_every_fault_of_a_zip_is_shown_at_once(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"../a.csv": ROWS, "b.zip": b"PK", "/c.csv": ROWS})
    with pytest.raises(InputError) as caught:
        Archive(path)
    assert len(caught.value.faults) == 3


def test_case_32_a_csv_member_must_be_text(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": b"<OGRVRTDataSource/>", "b.csv": b"PK\x03\x04zip"})
    with pytest.raises(InputError) as caught:
        Archive(path)
    assert "a.zip!a.csv: the name ends in .csv but the content is a VRT" in str(caught.value)
    assert "a.zip!b.csv: the name ends in .csv but the content is a zip file" in str(caught.value)


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": ROWS})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="damaged zip"):
        Archive(path)


def test_a_zip_with_damaged_bytes_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": bytes(range(65, 91)) * 50})
    raw = bytearray(path.read_bytes())
    raw[40:50] = b"\xff" * 10
    path.write_bytes(raw)
    with pytest.raises(InputError, match="is damaged"):
        Archive(path)


def test_an_archive_without_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no \.csv file"):
        Archive(tmp_path / "empty")
    with pytest.raises(InputError, match=r"holds no \.csv file"):
        Archive(zipped(tmp_path / "a.zip", {"a.txt": b"x"}))


def test_case_31_links_out_of_a_folder_and_zips_in_it_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "months"
    folder.mkdir()
    (tmp_path / "secret.csv").write_bytes(ROWS)
    (folder / "a.csv").write_bytes(ROWS)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    zipped(folder / "more.zip", {"b.csv": ROWS})
    with pytest.raises(InputError) as caught:
        Archive(folder)
    assert "months/link.csv: is a link that leads elsewhere" in str(caught.value)
    assert "months/more.zip: is a zip inside a folder" in str(caught.value)


def test_an_unknown_member_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with (
        Archive(zipped(tmp_path / "a.zip", {"january.csv": ROWS})) as archive,
        pytest.raises(InputError, match=r"did you mean 'january\.csv'"),
    ):
        archive.open("januari.csv")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "members"),
    [("dorset.zip", 16), ("neighbours-2025-h1.zip", 22), ("england-wales-2025-q2.zip", 118)],
)
def test_the_real_zips_are_within_the_limits(real_data: Path, name: str, members: int) -> None:
    with Archive(real_data / "incidents" / name) as archive:
        assert len(archive.members) == members
        assert archive.members[0].name.endswith("-street.csv")
