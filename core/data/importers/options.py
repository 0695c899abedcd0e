"""User options for reading a source, in addition to the names of its columns."""

from dataclasses import dataclass
from typing import Literal, get_args

Captions = Literal["all", "first", "joined"]
CAPTIONS: tuple[Captions, ...] = get_args(Captions)


@dataclass(frozen=True)
class SourceOptions:
    """Options for reading a source. encoding: of text tables; None: detect it.

    captions: for images with several. ``all``: each is an article that shares the image, as in the protocol of
    Flickr30k and COCO. ``first``: only the first. ``joined``: one article with all of them in its text.
    truncated_images: copy the images into the domain and add the missing end to truncated JPEGs, so that they open.
    """

    encoding: str | None = None
    captions: Captions = "all"
    truncated_images: bool = False

    def options(self) -> list[str]:
        """Return the equivalent options of `import`, without defaults."""
        chosen = [f"--encoding={self.encoding}"] if self.encoding is not None else []
        chosen += [f"--captions={self.captions}"] if self.captions != "all" else []
        return chosen + (["--truncated-images"] if self.truncated_images else [])
