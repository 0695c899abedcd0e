"""Errors of downloads from a model hub: a reason code for programs, and a sentence for people."""

import http
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Literal

import httpx2
from huggingface_hub import constants, errors

from core.errors import InputError, RematchError, shortened
from core.storage.disk_errors import disk_error, is_full

Reason = Literal["not found", "gated", "offline", "damaged", "refused", "disk full"]


class HubError(InputError):
    """A failed download of a model. reason: the kind of failure."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


#: Errors that the hub's client, its HTTP library and the system raise during a download, and HubError itself.
FETCH_ERRORS = (
    HubError, httpx2.HTTPError, httpx2.InvalidURL, errors.EntryNotFoundError, OSError, ValueError, ImportError,
)  # fmt: skip


def explain(error: Exception, repo: str) -> RematchError:
    """Return `error`, raised while fetching from `repo`, as a HubError; as a DiskError if the cache is not writable."""
    while isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # "not in the cache" is a consequence of the failure, not the failure itself
    if isinstance(error, HubError):
        return error
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(
            "offline",
            f"it is not in the hub's cache ({constants.HF_HUB_CACHE}), and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE "
            f"forbids downloads. Unset that variable",
        )
    if isinstance(error, errors.HFValidationError):
        return HubError("not found", f"'{shortened(repo)}' is neither a folder nor a repository ORGANISATION/NAME")
    if isinstance(error, errors.HfHubHTTPError):
        return _refusal(error, repo)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | ImportError):  # socks:// needs another package
        return unreachable(str(error) or type(error).__name__)
    if isinstance(error, OSError) and error.errno is not None:
        return _disk(error)
    if isinstance(error, OSError) and "size" in str(error):  # the client's own check of small files
        return HubError("damaged", f"a file arrived damaged ({shortened(str(error))}). Try again")
    return no_hub(error)


def no_hub(error: Exception) -> HubError:
    """Return the error for an answer that does not come from a hub, such as the login page of a network."""
    return HubError(
        "refused",
        f"{constants.ENDPOINT} did not answer like a model hub ({type(error).__name__}: {shortened(str(error))}). "
        f"Check HF_ENDPOINT and the network",
    )


def no_space(needed: int | None = None, free: int | None = None) -> HubError:
    """Return the error for a full disk. needed, free: bytes, if known."""
    sizes = "" if needed is None or free is None else f" ({needed / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free)"
    return HubError(
        "disk full",
        f"the disk of the hub's cache {constants.HF_HUB_CACHE} is full{sizes}. Free some space there, or set HF_HOME "
        f"to a folder on another disk",
    )


def damaged(repo: str, name: str, found: str, expected: str) -> HubError:
    """Return the error for a file that does not match the hub's list."""
    return HubError(
        "damaged",
        f"{name} of {repo} arrived damaged: {found}, expected {expected}. It was deleted. Try again; if this happens "
        f"again, the hub or mirror {constants.ENDPOINT} has a damaged copy",
    )


def unreachable(detail: str, stored: str = "") -> HubError:
    """Return the error for a hub that does not answer. stored: how much of a file has arrived, in words."""
    proxy = proxy_of(constants.ENDPOINT)
    route = f" through the proxy {proxy}" if proxy else ""
    check = "HTTPS_PROXY" if proxy else "HF_ENDPOINT, and HTTPS_PROXY if a proxy is needed"
    if "CERTIFICATE_VERIFY_FAILED" in detail:
        check = "SSL_CERT_FILE, which names the certificates to trust"
    resume = f"; {stored} are stored, and the next attempt resumes from there" if stored else ""
    return HubError(
        "offline",
        f"{constants.ENDPOINT} cannot be reached{route} ({shortened(detail)}). Check the network and {check}{resume}",
    )


def _refusal(error: errors.HfHubHTTPError, repo: str) -> HubError:
    """Return the HubError for an HTTP error of the hub."""
    page, status = f"{constants.ENDPOINT}/{repo}", error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        return HubError(
            "gated", f"{page} is gated: accept its terms on that page, and set HF_TOKEN to a token of your account"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError("not found", f"there is no model repository {page}, or it is private; if so, set HF_TOKEN")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        name = urllib.parse.unquote(error.response.url.path.rpartition("/")[2])
        return HubError("not found", f"there is no file '{shortened(name)}' in {page}")
    if status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return HubError("gated", f"no access to {page} (HTTP {status}): check HF_TOKEN and your rights on that page")
    if status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return unreachable("the proxy requires a name and password")
    if status == http.HTTPStatus.NOT_FOUND:
        return HubError("not found", f"{constants.ENDPOINT} does not know {repo}; check HF_ENDPOINT")
    return HubError("refused", f"{constants.ENDPOINT} answered with HTTP {status}. Try again later")


def proxy_of(url: str) -> str | None:
    """Return the proxy that requests to `url` go through, without its password; None if there is none."""
    target = urllib.parse.urlsplit(url)
    proxies = urllib.request.getproxies()
    found = proxies.get(target.scheme, proxies.get("all"))
    if not found or urllib.request.proxy_bypass(target.hostname or ""):
        return None
    scheme, _, rest = found.rpartition("://")
    return f"{scheme or 'http'}://{rest.rpartition('@')[2]}"


def _disk(error: OSError) -> RematchError:
    if is_full(error):
        return no_space()
    path = Path(error.filename if isinstance(error.filename, str) else constants.HF_HUB_CACHE)
    return disk_error(error, path) or HubError("refused", f"{type(error).__name__}: {shortened(str(error))}")
