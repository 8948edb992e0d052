"""Static files under addresses that carry their content's hash, so that a browser may keep them for a year."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup


class Assets:
    """The files of ``static/``; each is read once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._digests: dict[str, tuple[float, bytes]] = {}

    def version(self, name: str) -> str | None:
        """Twelve hexadecimal digits that change with the file; None when there is none."""
        digest = self._digest(name)
        return digest.hex()[:12] if digest else None

    def integrity(self, name: str) -> str:
        """The value of ``integrity=``: a file that was altered on its way is not run."""
        return f"sha384-{base64.b64encode(self._digest(name) or b'').decode()}"

    def _digest(self, name: str) -> bytes | None:
        path = (self._directory / name).resolve()
        if not path.is_relative_to(self._directory) or not path.is_file():
            return None
        changed_at = path.stat().st_mtime
        known = self._digests.get(name)
        if known is None or known[0] != changed_at:
            known = self._digests[name] = (changed_at, hashlib.sha384(path.read_bytes()).digest())
        return known[1]


def init_app(app: Flask) -> None:
    """Give templates ``asset(name)``, an address, and ``asset_attributes(name)``, an address with its integrity."""
    assets = Assets(Path(app.static_folder or "static").resolve())
    app.extensions["assets"] = assets

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=assets.version(name))

    def integrity(name: str) -> Markup:
        return Markup('integrity="{}"').format(assets.integrity(name))

    app.jinja_env.globals.update(asset=asset, integrity=integrity)
