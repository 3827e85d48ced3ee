"""The Hugging Face hub: which commit a revision is, and what goes wrong, in words that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from mialign.core.errors import InputError, first_line
from mialign.data.fetch import Absent, Unreachable


def information(kind: str, repo: str, revision: str):
    """What the hub knows of a model or dataset (`kind`) at a revision: its commit is `.sha`, its files `.siblings`.

    A licence that must be accepted first shows here, and not after half a download.
    """
    from huggingface_hub import HfApi

    with explained(kind, repo, revision):
        found = HfApi().repo_info(repo, repo_type=kind, revision=revision, files_metadata=kind == "model")
        if found.gated:
            HfApi().auth_check(repo, repo_type=kind)
    return found


def page(kind: str, repo: str) -> str:
    """The address at which a person finds a repository of the hub; kind: dataset or model."""
    return f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{repo}"


def of_network(error: Exception) -> bool:
    """Whether it is for `explained` to put it in words."""
    from huggingface_hub import errors

    return isinstance(error, (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError, PermissionError))


@contextmanager
def explained(kind: str, repo: str, revision: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into InputError: Absent where the hub says that there is no such thing.

    Unreachable where it cannot be asked.
    """
    from huggingface_hub import errors

    where = page(kind, repo)
    licence = f"accept its licence at {where} and set HF_TOKEN to a token of the account that did"
    try:
        yield
    except errors.GatedRepoError:
        raise InputError(f"{repo}: {licence}") from None
    except errors.RevisionNotFoundError:
        raise Absent(f"{repo}: there is no revision {revision!r}; {where}/commits/main lists those there are") from None
    except (errors.RepositoryNotFoundError, errors.DisabledRepoError):
        raise Absent(
            f"{repo}: the hub shows no such {kind}; it may be misspelt, withdrawn or private. If {where} asks for it, "
            f"{licence}"
        ) from None
    except errors.OfflineModeIsEnabled:
        raise InputError(
            f"{repo}: it is not fetched yet, and HF_HUB_OFFLINE is set; unset it and run make fetch where there is "
            "a network"
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise InputError(f"{repo}: the hub refuses it ({status}); {licence}") from None
        raise InputError(f"{repo}: the hub answers {status}; try again later") from None
    except (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError) as error:
        raise Unreachable(
            f"{repo}: the hub cannot be reached ({type(error).__name__}); run make fetch where there is a network"
        ) from None
    except (RuntimeError, PermissionError) as error:  # what its storage of large files (hf-xet) raises
        if getattr(error, "filename", None):
            raise
        said = first_line(error)[:200]
        raise InputError(f"{repo}: the download broke off ({said}); run make fetch again, and it goes on") from None
