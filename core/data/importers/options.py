"""What the user may say about how a source is read, beside the names of its columns."""

from dataclasses import dataclass
from typing import Literal, get_args

Captions = Literal["all", "first", "joined"]
CAPTIONS: tuple[Captions, ...] = get_args(Captions)


@dataclass(frozen=True)
class SourceOptions:
    """encoding: of text tables, None: detect it.

    captions: where one image has several. ``all``: each is an article that shares the image, as the protocol of
    Flickr30k and COCO counts them. ``first``: the first alone. ``joined``: one article with all of them in its text.
    truncated_images: copy the images into the domain, JPEGs that were cut off with an end, so that they can be used.
    """

    encoding: str | None = None
    captions: Captions = "all"
    truncated_images: bool = False

    def options(self) -> list[str]:
        """The options of `import` that say the same; none for what it does anyway."""
        chosen = [f"--encoding={self.encoding}"] if self.encoding is not None else []
        chosen += [f"--captions={self.captions}"] if self.captions != "all" else []
        return chosen + (["--truncated-images"] if self.truncated_images else [])
