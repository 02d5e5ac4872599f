"""Checks docs/test-vectors.json with an implementation other than Node's: argon2-cffi and Python's hmac.

It follows docs/data-model.md and shares no code with the service. Run it with `npm run test:vectors`.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import unicodedata

try:
    # The library's high-level functions accept neither secret nor associated data; its binding to libargon2 does.
    from argon2.low_level import Type, core, ffi, lib
except ImportError:
    sys.exit(
        f"{sys.executable} lacks argon2-cffi. Debian: apt-get install python3-argon2, and if another python3 is first "
        "on the PATH: PYTHON=/usr/bin/python3 npm run test:vectors. Elsewhere: pip install argon2-cffi."
    )

VECTORS = pathlib.Path(__file__).parents[2] / "docs" / "test-vectors.json"


def argon2id(message, salt, memory, passes, lanes, secret=b"", associated_data=b"", length=32):
    """The tag, by RFC 9106; memory in KiB, length in bytes."""
    out = ffi.new("uint8_t[]", length)
    # Keeps the buffers alive while the context points to them.
    inputs = [ffi.new("uint8_t[]", value) for value in (message, salt, secret, associated_data)]
    context = ffi.new(
        "argon2_context *",
        {
            "out": out,
            "outlen": length,
            "pwd": inputs[0],
            "pwdlen": len(message),
            "salt": inputs[1],
            "saltlen": len(salt),
            "secret": inputs[2],
            "secretlen": len(secret),
            "ad": inputs[3],
            "adlen": len(associated_data),
            "t_cost": passes,
            "m_cost": memory,
            "lanes": lanes,
            "threads": 1,
            "version": 0x13,
            "allocate_cbk": ffi.NULL,
            "free_cbk": ffi.NULL,
            "flags": lib.ARGON2_DEFAULT_FLAGS,
        },
    )
    status = core(context, Type.ID.value)
    if status != lib.ARGON2_OK:
        raise ValueError(f"libargon2 failed with status {status}")
    return bytes(ffi.buffer(out))


def phc(salt, tag, key_id=None):
    def b64(value):
        return base64.b64encode(value).decode().rstrip("=")

    key = "" if key_id is None else f",keyid={key_id}"
    return f"$argon2id$v=19$m=19456,t=2,p=1{key}${b64(salt)}${b64(tag)}"


def pin_verifier(user_id, pin, key_id, key, salt):
    tag = argon2id(pin.encode(), salt, 19456, 2, 1, secret=key.encode(), associated_data=user_id.encode())
    return phc(salt, tag, key_id)


def attempt_digest(user_id, pin, key):
    message = f"recovery-pin-guess\0{user_id}\0{pin}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def password_hash(password, salt):
    return phc(salt, argon2id(unicodedata.normalize("NFC", password).encode(), salt, 19456, 2, 1))


def checks(vectors):
    """Each check as (what, expected, actual)."""
    rfc9106 = argon2id(b"\1" * 32, b"\2" * 16, 32, 3, 4, b"\3" * 8, b"\4" * 12)
    expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    yield "RFC 9106 section 5.3", expected, rfc9106.hex()
    for vector in vectors["pins"]:
        user_id, pin, key_id = vector["userId"], vector["pin"], vector["keyId"]
        key, salt = vectors["peppers"][key_id], bytes.fromhex(vector["salt"])
        what = f"{ascii(user_id)} with the PIN {pin} under {key_id}"
        yield f"verifier of {what}", vector["verifier"], pin_verifier(user_id, pin, key_id, key, salt)
        yield f"digest of {what}", vector["attemptDigest"], attempt_digest(user_id, pin, key)
    for vector in vectors["passwords"]:
        password, salt = vector["password"], bytes.fromhex(vector["salt"])
        normalized = unicodedata.normalize("NFC", password).encode()
        yield f"NFC of {ascii(password)}", vector["normalizedUtf8"], normalized.hex()
        yield f"hash of {ascii(password)}", vector["hash"], password_hash(password, salt)


def main():
    vectors = json.loads(VECTORS.read_text("ascii"))
    counts = {"passed": 0, "failed": 0}
    for what, expected, actual in checks(vectors):
        is_same = actual == expected
        counts["passed" if is_same else "failed"] += 1
        if not is_same:
            print(f"{what}:\n  expected {expected}\n  actual   {actual}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    is_complete = counts["passed"] > 1 and counts["failed"] == 0
    sys.exit(0 if is_complete else 1)


if __name__ == "__main__":
    main()
