"""Images of articles on a page: cached thumbnails, and a sentence for an image that cannot be read."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image
from streamlit import runtime

from core.data.domain import Domain
from core.data.images.decoding import ImageError, open_image
from core.data.images.thumbnails import LARGE, SMALL, thumbnail
from core.data.time_split import Split
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace

#: A row of a domain's table; only `image_file` and `image_hash` are read.
Article = Mapping[Any, Any] | pd.Series
GONE = "This image cannot be read. It may have been moved, deleted or damaged since the import."
UNKNOWN = "The image of this article is not known yet: its ground truth is missing."


@lru_cache(maxsize=4096)  # 12 kB each
def _small(file: Path, image_hash: str, cache: Path) -> bytes:
    return thumbnail(file, image_hash, SMALL, cache)


def image_of(workspace: Workspace, domain: Domain, article: Article, *, large: bool = False) -> bytes | None:
    """Return the thumbnail of an article's image as JPEG; None if the image cannot be read."""
    file, image_hash = domain.images_root / article["image_file"], str(article["image_hash"])
    try:
        if large:
            return thumbnail(file, image_hash, LARGE, workspace.cache)
        return _small(file, image_hash, workspace.cache)
    except (ImageError, OSError):
        return None


def image_url(workspace: Workspace, domain: Domain, article: Article, *, large: bool = False) -> str:
    """Return the address of an article's thumbnail, for a component; empty if the image cannot be read.

    st.image does the same with bytes, but Streamlit has no public function for it. The browser caches each address,
    so a message with twelve images has one kilobyte instead of two hundred.
    """
    data = image_of(workspace, domain, article, large=large)
    # One coordinate for each image: Streamlit then keeps the images of a message that the next one overtakes.
    return "" if data is None else _served(data, f"rematch-{article['image_hash']}{'-large' * large}")


def photo_url(photo: bytes) -> str:
    """Return the address of an uploaded photo, for a component. Raises ImageError if it is not an image."""
    image = open_image(photo)
    image.thumbnail(LARGE, Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG")
    return _served(out.getvalue(), "rematch-photo")


def _served(jpeg: bytes, coordinates: str) -> str:
    if not runtime.exists():  # there is no server in AppTest
        return ""
    url = runtime.get_instance().media_file_mgr.add(jpeg, "image/jpeg", coordinates)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{url}" if base else url


def show_image(workspace: Workspace, domain: Domain, article: Article, *, alt: str, large: bool = False) -> None:
    """Show the image at the width of its column, or a sentence if it cannot be read."""
    data = image_of(workspace, domain, article, large=large)
    if data is None and not article["image_file"]:
        st.caption(UNKNOWN)
    elif data is None:
        st.warning(GONE, icon=":material/broken_image:")
    else:
        st.image(data, width="stretch", alt=alt)


@st.cache_resource(max_entries=64, show_spinner=False)
def _warming(
    _domain: Domain, folder: Path, written: FileSignature, split: Split | None, cache: Path
) -> threading.Thread:
    images = _domain.image_table(split)[["image_file", "image_hash"]]

    def make_all() -> None:
        for file, image_hash in images.itertuples(index=False):
            start = time.perf_counter()
            with suppress(ImageError, OSError):  # show_image reports it
                _small(_domain.images_root / file, str(image_hash), cache)
            time.sleep(time.perf_counter() - start)  # rests as long as it works, so that pages answer meanwhile

    thread = threading.Thread(target=make_all, daemon=True, name="thumbnails")
    thread.start()
    return thread


def prepare_images(workspace: Workspace, domain: Domain, split: Split | None = None) -> None:
    """Make the thumbnails of a split, or of the domain, in the background, so that no page waits for them later.

    The cache's key is the domain's file and not the images, because every redraw hashes the key: half a second for
    5,600 images.
    """
    _warming(domain, domain.folder, file_signature(domain.folder / "domain.toml"), split, workspace.cache)
