"""Files of settings in YAML, read with complaints that name file and line."""

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from mialign.core.errors import InputError


def read_yaml(path: str | Path, named_by: str) -> object:
    """What the file holds; InputError where it is missing (`named_by` says what asked for it) or is no YAML."""
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_UniqueLoader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {named_by}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: not valid YAML ({getattr(error, 'problem', None) or error})") from None


MERGE = "tag:yaml.org,2002:merge"


class _UniqueLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which the last would silently win, and text that no file can hold."""

    def construct_scalar(self, node):
        value = super().construct_scalar(node)
        if isinstance(value, str) and re.search(r"[\0\ud800-\udfff]", value):
            problem = f"{value!r} holds a zero character or half of another (an unpaired surrogate)"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:  # `<<`: what it brings in may be said otherwise
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                problem = f"the key {key!r} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key if isinstance(key, Hashable) else None)
        return super().construct_mapping(node, deep)
