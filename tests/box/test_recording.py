import audioop
import struct
import wave
from pathlib import Path

import pytest

from offhook.box.recording import Recording, WavUnreadable, read_mulaw, read_sides, write_wav

LOUD = audioop.lin2ulaw(struct.pack("<h", 8000), 2)
QUIET = b"\xff"


def write_pcm(path: Path, samples: bytes, *, channels: int = 1, width: int = 2, rate_hz: int = 8000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples)
    return path


def write_riff(path: Path, kind: int, bits: int, data: bytes, extra: bytes = b"") -> Path:
    head = struct.pack("<HHIIHH", kind, 1, 8000, 8000 * bits // 8, bits // 8, bits) + extra
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"LIST\x03\x00\x00\x00abc\x00"
    body += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def test_a_call_is_written_with_the_caller_left_and_the_agent_right(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav", Recording(caller=LOUD + QUIET, agent=QUIET + LOUD))
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 2)
        left_0, right_0, left_1, right_1 = struct.unpack("<4h", file.readframes(2))
    assert (left_0, right_0, left_1, right_1) == (7932, 0, 0, 7932)


def test_a_recording_knows_its_length() -> None:
    assert Recording(caller=bytes(4000), agent=bytes(4000)).duration_ms == 500


def test_a_call_is_read_back_side_by_side(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav", Recording(caller=LOUD + QUIET, agent=QUIET + LOUD))
    assert read_sides(tmp_path / "call.wav") == (LOUD + QUIET, QUIET + LOUD)
    assert read_sides(write_riff(tmp_path / "a.wav", 7, 8, b"\x01\x02")) == (b"\x01\x02",)


def test_an_empty_call_is_a_valid_file(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav", Recording(caller=b"", agent=b""))
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert file.getnframes() == 0


def test_mulaw_at_8_khz_is_taken_as_it_is_past_other_chunks(tmp_path: Path) -> None:
    assert read_mulaw(write_riff(tmp_path / "a.wav", 7, 8, b"\x01\x02\x03")) == b"\x01\x02\x03"


def test_an_extensible_header_names_its_format_further_down(tmp_path: Path) -> None:
    extra = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    path = write_riff(tmp_path / "a.wav", 0xFFFE, 16, struct.pack("<h", 8000), extra)
    assert read_mulaw(path) == LOUD


def test_16_bit_8_bit_and_stereo(tmp_path: Path) -> None:
    sixteen = write_pcm(tmp_path / "16.wav", struct.pack("<2h", 8000, 0))
    eight = write_pcm(tmp_path / "8.wav", bytes([128 + 31, 128]), width=1)
    stereo = write_pcm(tmp_path / "2.wav", struct.pack("<2h", 8000, 8000), channels=2)
    assert read_mulaw(sixteen) == LOUD + QUIET
    assert audioop.ulaw2lin(read_mulaw(eight), 2) == struct.pack("<2h", 7932, 0)
    assert read_mulaw(stereo) == LOUD


def test_other_rates_are_resampled(tmp_path: Path) -> None:
    path = write_pcm(tmp_path / "16k.wav", struct.pack("<h", 8000) * 16_000, rate_hz=16_000)
    mulaw = read_mulaw(path)
    assert len(mulaw) == 8000
    assert mulaw[2000:6000] == LOUD * 4000


def test_what_no_caller_can_speak_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "cut.wav").write_bytes(b"RIFF\x04\x00\x00\x00WAVEfmt \x02")
    with pytest.raises(WavUnreadable, match="not a WAV file"):
        read_mulaw(tmp_path / "text.wav")
    with pytest.raises(WavUnreadable, match="without format or data"):
        read_mulaw(tmp_path / "cut.wav")
    with pytest.raises(WavUnreadable, match="24 bits"):
        read_mulaw(write_pcm(tmp_path / "24.wav", bytes(6), width=3))
    with pytest.raises(WavUnreadable, match="6 channels"):
        read_mulaw(write_pcm(tmp_path / "6.wav", bytes(12), channels=6))
    with pytest.raises(FileNotFoundError):
        read_mulaw(tmp_path / "none.wav")
