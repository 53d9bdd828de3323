"""Where pictures lie: a path of this machine, or a URL that fsspec knows, such as s3://bucket/photos."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from styletransfer.errors import ImageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Call = TypeVar("Call", bound=Callable[..., Any])


def _os_errors(method: Call) -> Call:
    """Every file system has exceptions of its own; they become OSErrors, as a Path raises them."""

    @functools.wraps(method)
    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        try:
            return method(*arguments, **keywords)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    return wrapped


@dataclass(frozen=True, order=True)
class Url:
    """A file or folder elsewhere, with what is needed here of the methods of Path. They raise OSError."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, name: str | PurePosixPath) -> Url:
        return Url(f"{self.text}/{name}")

    @property
    def name(self) -> str:
        return self.text.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Url:
        return Url(self.text.rpartition("/")[0])

    def relative_to(self, folder: Url) -> PurePosixPath:
        return PurePosixPath(self.text.removeprefix(f"{folder}/"))

    def is_relative_to(self, folder: str) -> bool:
        return self.text.startswith(f"{folder}/")

    def absolute(self) -> Url:
        return self

    def resolve(self) -> Url | Path:
        """Itself, but the path for a file:// of this machine."""
        files, path = self._place()
        return Path(path).resolve() if getattr(files, "local_file", False) else self

    @_os_errors
    def is_dir(self) -> bool:
        files, path = self._place()
        return files.isdir(path)

    @_os_errors
    def exists(self) -> bool:
        files, path = self._place()
        return files.exists(path)

    @_os_errors
    def files(self, recursive: bool) -> list[Url]:
        """All files in this folder; none where there is no such folder."""
        files, path = self._place()
        found = files.find(path, maxdepth=None if recursive else 1)
        return [self / name[len(path) :].lstrip("/") for name in found]

    @_os_errors
    def read_bytes(self) -> bytes:
        files, path = self._place()
        return files.cat_file(path)

    @_os_errors
    def write_bytes(self, data: bytes) -> None:
        files, path = self._place()
        files.pipe_file(path, data)

    def write_text(self, text: str, encoding: str) -> None:
        self.write_bytes(text.encode(encoding))

    @_os_errors
    def mkdir(self, parents: bool = True, exist_ok: bool = True) -> None:
        files, path = self._place()
        files.makedirs(path, exist_ok=exist_ok)

    @_os_errors
    def replace(self, target: Url) -> None:
        from fsspec import AbstractFileSystem

        files, path = self._place()
        if type(files).mv is not AbstractFileSystem.mv:
            files.mv(path, target._place()[1])
        else:  # as mv does it, which would take * and [ in names for patterns
            files.cp_file(path, target._place()[1])
            files.rm_file(path)

    @_os_errors
    def unlink(self) -> None:
        files, path = self._place()
        files.rm_file(path)

    @_os_errors
    def remove_tree(self) -> None:
        files, path = self._place()
        files.rm(path, recursive=True)

    def _place(self) -> tuple[AbstractFileSystem, str]:
        """The file system and the path in it."""
        from fsspec.core import url_to_fs

        return url_to_fs(self.text)


Location = Path | Url


def location(text: str) -> Location:
    """What a path or URL stands for. Raises ImageError for a kind of URL that cannot be used here."""
    scheme, separator, path = text.partition("://")
    if not separator:
        return Path(text)
    from fsspec import get_filesystem_class  # it comes with PyTorch

    try:
        get_filesystem_class(scheme)
    except ValueError as error:
        raise ImageError(f"Nothing is known of {scheme}://; give a folder, or a URL such as s3://bucket/photos.") from error
    except ImportError as error:
        raise ImageError(f"For {scheme}:// a package is missing: {error}.") from error
    return Url(f"{scheme}://{path.rstrip('/')}")


def remove_tree(folder: Location) -> None:
    """Remove a folder with all that is in it, as far as that is possible."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            folder.remove_tree()
