"""Finds plugins by name: entry points first, imports only for the names that are used."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Any

import attrs

from sherpa_core.errors import PluginError, SherpaError, UserError, listed, nearest
from sherpa_core.hookspecs import REQUIRED, SPECS

#: The entry-point group of each kind.
GROUPS = {
    "algorithm": "sherpa.algorithms",
    "stopping_rule": "sherpa.stopping_rules",
    "scheduler": "sherpa.schedulers",
    "storage": "sherpa.storages",
    "dashboard": "sherpa.dashboards",
    "observer": "sherpa.observers",
    "command": "sherpa.commands",
    "callback": "sherpa.callbacks",
}


@attrs.frozen
class Entry:
    """A plugin as its distribution's metadata announces it; nothing is imported for it.

    Args:
        kind: algorithm, stopping_rule, scheduler, storage, dashboard, observer, command, callback.
        name: the name that it is chosen by.
        value: where its class is: `module:attribute`.
        distribution: the distribution that provides it.
        version: that distribution's version.
        clashes: further distributions that claim the name.
    """

    kind: str
    name: str
    value: str
    distribution: str
    version: str
    clashes: tuple[str, ...] = ()
    point: EntryPoint | None = attrs.field(default=None, repr=False, eq=False)


@cache
def entries(kind: str) -> dict[str, Entry]:
    """Return the installed plugins of a kind by name, sorted. Reads metadata, imports nothing."""
    if kind not in GROUPS:
        raise UserError(
            f"{kind!r} is not a kind of plugin: {listed(GROUPS)}{nearest(kind, GROUPS)}"
        )
    found: dict[str, Entry] = {}
    for point in entry_points(group=GROUPS[kind]):
        distribution = point.dist.name if point.dist else ""
        version = point.dist.version if point.dist else ""
        entry = Entry(kind, point.name, point.value, distribution, version, point=point)
        known = found.get(point.name)
        if known is None:
            found[point.name] = entry
        elif known.distribution != distribution and distribution not in known.clashes:
            found[point.name] = attrs.evolve(known, clashes=(*known.clashes, distribution))
    return dict(sorted(found.items()))


@cache
def catalog() -> dict[str, Any]:
    """Return what is known of plugins that may not be installed: names, distributions, defaults."""
    data: dict[str, Any] = json.loads(Path(__file__).with_name("catalog.json").read_text("utf-8"))
    return data


def unmet(entry: Entry) -> str:
    """Return what a plugin's distribution needs of the core that is not so, such as `>=2`.

    Empty when all is well. pip does not keep an older core from staying beside a newer plugin.
    """
    from packaging.requirements import Requirement

    needs = entry.point.dist.requires if entry.point and entry.point.dist else None
    for text in needs or ():
        if re.match(r"sherpa[-_.]core\b", text, re.IGNORECASE):
            needed = Requirement(text)
            applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if applies and not needed.specifier.contains(core_version(), prereleases=True):
                return str(needed.specifier)
    return ""


@cache
def core_version() -> str:
    """Return the version of the installed core."""
    return version("sherpa-core")


def disabled() -> frozenset[str]:
    """Return the names that the environment variable SHERPA_DISABLE_PLUGINS blocks."""
    names = os.environ.get("SHERPA_DISABLE_PLUGINS", "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def default(kind: str) -> str:
    """Return the name that is used where none is given."""
    name: str = catalog()["defaults"][kind]
    return name


def find(kind: str, name: str) -> Entry:
    """Return the entry of a plugin.

    Raises:
        PluginError: it is not installed, disabled, claimed by two distributions, or made for
            another version of the core.
    """
    known = entries(kind)
    word = kind.replace("_", " ")
    entry = known.get(name)
    if entry is None:
        offered = catalog()["plugins"].get(kind, {})
        if name in offered:
            hint = f"Install it: pip install {offered[name]['distribution']}"
        else:
            close = nearest(name, {**known, **offered})
            hint = f"Installed are {listed(known)}." if known else f"No {word} is installed."
            hint = f"Did you mean {close.removeprefix(', did you mean ')} {hint}" if close else hint
        raise PluginError(f"the {word} {name!r} is not installed.", name=name, hint=hint)
    if name in disabled():
        hint = "Take its name out of SHERPA_DISABLE_PLUGINS to use it."
        raise _error(entry, "is disabled.", hint)
    if entry.clashes:
        others = listed((entry.distribution, *entry.clashes))
        raise _error(entry, f"is claimed by {others}.", "Uninstall all but one of them.")
    if needed := unmet(entry):
        reason = f"needs sherpa-core{needed}, but sherpa-core {core_version()} is installed."
        hint = f"Try: pip install --upgrade sherpa-core {entry.distribution}"
        raise _error(entry, reason, hint)
    return entry


def load(kind: str, name: str) -> Any:
    """Import and return the class of a plugin.

    Raises:
        PluginError: as `find`, or its import failed; the cause is chained.
    """
    entry = find(kind, name)
    assert entry.point is not None
    try:
        return entry.point.load()
    except Exception as error:  # a plugin may fail in any way; it is named and contained
        reason = f"cannot be imported from {entry.value}: {type(error).__name__}: {error}."
        hint = f"Try: pip install --force-reinstall {entry.distribution}"
        raise _error(entry, reason, hint) from error


def class_named(module: str, name: str, *kinds: str) -> Any:
    """Return the plugin class called `name`, for a module's `__getattr__`.

    Raises:
        AttributeError: no plugin, installed or known, has such a class.
        PluginError: the distribution that has it is not installed; the message names it.
    """
    for kind in kinds:
        for entry in entries(kind).values():
            if entry.value.rpartition(":")[2] == name:
                return load(kind, entry.name)
        for plugin, known in catalog()["plugins"].get(kind, {}).items():
            if known["class"] == name:
                hint = f"Install it: pip install {known['distribution']}"
                raise PluginError(f"{name} is not installed.", name=plugin, hint=hint)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def create(kind: str, spec: Any, *arguments: Any) -> Any:
    """Return the plugin that `spec` means.

    Args:
        kind: the kind of plugin.
        spec: its name, a dict of `name` and options, or the object itself.
        *arguments: positional arguments before the options (a storage's URL).

    Raises:
        PluginError: as `load`, or the plugin's own code failed.
        UserError: unknown or wrong options; the message lists those that there are.
    """
    if isinstance(spec, str):
        spec = {"name": spec}
    if not isinstance(spec, Mapping):
        if isinstance(spec, type):
            raise UserError(f"give an object of {spec.__name__}, not the class: {spec.__name__}()")
        return spec
    options = dict(spec)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise UserError(f"the {kind.replace('_', ' ')} needs a 'name', but has {listed(options)}")
    cls = load(kind, name)
    known = {option.name: option for option in options_of(cls)}
    if not any(option.kind == "any" for option in known.values()):
        for key in options:
            if key not in known:
                raise UserError(
                    f"{name}: {key!r} is not an option{nearest(str(key), known)}; "
                    f"there are {listed(known)}"
                )
    for number, option in enumerate(known.values()):
        if option.name not in options:
            if option.kind == "option" and not option.default and number >= len(arguments):
                raise UserError(f"{name}: the option {option.name!r} must be given")
        elif isinstance(options[option.name], bool) and _is_number(option):
            raise UserError(
                f"{name}: {option.name!r} must be {option.type}, but is {options[option.name]}"
            )
    try:
        return cls(*arguments, **options)
    except (SherpaError, TypeError, ValueError) as error:
        message = error.args[0] if error.args else error
        if isinstance(error, PluginError):
            raise
        plain = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", str(message))
        raise UserError(f"{name}: {plain}") from error
    except Exception as error:  # named and contained, see `load`
        raise _error(find(kind, name), f"failed: {type(error).__name__}: {error}.", "") from error


def _is_number(option: Option) -> bool:
    # True is an int to Python, and so to most validators.
    return set(option.type.split(" | ")) <= {"int", "float", "None"}


def open_storage(url: str) -> Any:
    """Return the storage of a URL; a plain path means the default storage."""
    scheme, colon, _ = str(url).partition(":")
    if not colon or os.path.sep in scheme:
        scheme = default("storage")
        url = f"{scheme}://{Path(url).absolute()}"
    return create("storage", {"name": scheme}, str(url))


@attrs.frozen
class Option:
    """One option of a plugin.

    Args:
        name: its name.
        type: its type, as text.
        default: its default as text, empty when it must be given.
        help: what it means.
        kind: `option`, or `any` when the plugin takes arbitrary keywords.
    """

    name: str
    type: str
    default: str
    help: str
    kind: str = "option"


def options_of(cls: Any) -> list[Option]:
    """Return a plugin's options: its attrs fields, else its constructor's arguments."""
    if attrs.has(cls):
        return [
            Option(
                _alias(field),
                _type_name(field.type),
                _default_text(field.default),
                field.metadata.get("help", ""),
            )
            for field in attrs.fields(cls)
            if field.init
        ]
    if cls.__init__ is object.__init__:
        return []
    found = []
    for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        annotation = parameter.annotation
        kind = "any" if parameter.kind is parameter.VAR_KEYWORD else "option"
        text = "" if parameter.default is parameter.empty else repr(parameter.default)
        typed = "" if annotation is parameter.empty else _type_name(annotation)
        found.append(Option(parameter.name, typed, text, "", kind))
    return found


def describe(kind: str, plugin: Any) -> dict[str, Any]:
    """Return the name and options from which `create` makes an equal plugin.

    The name is its entry point's, or the class's own for a class that is not installed as a
    plugin: such a study needs the object again when it is continued.
    """
    cls = type(plugin)
    value = f"{cls.__module__}:{cls.__qualname__}"
    name = next((each.name for each in entries(kind).values() if _same(each, cls)), None)
    config: dict[str, Any] = {"name": name} if name else {"name": cls.__name__, "class": value}
    fields = {_alias(each): each for each in attrs.fields(cls)} if attrs.has(cls) else {}
    for option in options_of(cls):
        field = fields.get(option.name)
        attribute = field.name if field else option.name
        if option.kind == "any" or not hasattr(plugin, attribute):
            continue
        given = getattr(plugin, attribute)
        if field:
            plain = field.default
            if isinstance(plain, attrs.Factory) and not plain.takes_self:  # type: ignore[arg-type]
                plain = plain.factory()
            if given is plain or (type(given) is type(plain) and given == plain):
                continue
        config[option.name] = _describe_value(given)
    return config


def _alias(field: attrs.Attribute[Any]) -> str:
    return field.alias or field.name.lstrip("_")


def _describe_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_describe_value(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _describe_value(each) for key, each in value.items()}
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    for kind, required in REQUIRED.items():
        if required and all(hasattr(value, hook) for hook in required):
            return describe(kind, value)
    return repr(value)


def _same(entry: Entry, cls: type) -> bool:
    module, _, attribute = entry.value.partition(":")
    if attribute.strip() != cls.__qualname__:
        return False
    if cls.__module__ == module:
        return True
    # A module may offer a class of its neighbour. Of other packages none is imported only to
    # learn that its class is another one: one broken plugin would harm all.
    if cls.__module__.partition(".")[0] != module.partition(".")[0] or entry.point is None:
        return False
    try:
        return entry.point.load() is cls
    except Exception:  # noqa: BLE001 - a broken neighbour is not this class
        return False


def _type_name(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", None)
    if text is None or getattr(annotation, "__args__", None):
        text = str(annotation)
    return text.replace("typing.", "").replace("collections.abc.", "")


def _default_text(value: Any) -> str:
    if value is attrs.NOTHING:
        return ""
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        return repr(value.factory()) if not value.takes_self else "computed"
    return repr(value)


def _error(entry: Entry, reason: str, hint: str) -> PluginError:
    who = f"the {entry.kind.replace('_', ' ')} {entry.name!r}"
    if entry.distribution:
        who += f" ({entry.distribution} {entry.version})"
    return PluginError(
        f"{who} {reason}",
        name=entry.name,
        distribution=entry.distribution,
        version=entry.version,
        hint=hint,
    )


def kinds() -> list[str]:
    """Return the kinds of plugins that a study can have."""
    return list(SPECS)
