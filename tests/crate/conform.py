"""Print as JSON whether a crate conforms to the profile Provenance Run Crate, and what it lacks; without a network.

It runs in the environment of roc-validator: python conform.py CRATE CACHE
"""

import io
import json
import sys
from importlib import resources

import urllib3
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import Severity

# What a crate's terms mean, by the address that it gives. Of the second a crate of ours uses one term.
VOCABULARIES = {
    "https://w3id.org/ro/crate/1.1/context": resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes(),
    "https://w3id.org/ro/terms/workflow-run/context": json.dumps(
        {"@context": {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}}
    ).encode(),
}


class Here(HTTPAdapter):
    """Answers with the vocabularies, and asks nobody."""

    def send(self, request, **_):
        body = io.BytesIO(VOCABULARIES[request.url])
        about = {"status": 200, "headers": {"Content-Type": "application/ld+json"}, "preload_content": False}
        return self.build_response(request, urllib3.HTTPResponse(body=body, **about))


def main(crate: str, cache: str) -> None:
    with CachedSession(cache, backend="sqlite", expire_after=-1) as session:  # where the validator looks first
        session.mount("https://", Here())
        for address in VOCABULARIES:
            session.get(address)
    settings = {"profile_identifier": "provenance-run-crate", "requirement_severity": Severity.REQUIRED}
    found = services.validate(settings | {"rocrate_uri": crate, "cache_path": cache, "offline": True})
    issues = [f"{issue.check.identifier}: {issue.message}" for issue in found.get_issues()]
    print(json.dumps({"passed": found.passed(), "checks": len(found.executed_checks), "issues": issues}))


if __name__ == "__main__":
    main(*sys.argv[1:])
