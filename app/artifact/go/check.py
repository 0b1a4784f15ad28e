"""The Go source of a start-up check: a program ends at once if its configuration names a zone it was not built with.

Without it, Go silently uses UTC for a TZ that it cannot load.
"""

import re
from collections.abc import Sequence
from string import Template

from app.artifact.go.source import GENERATED
from app.artifact.options import is_module_path
from app.errors import InvalidOption
from app.text import quote

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(
    "_ break case chan const continue default defer else fallthrough for func go goto if import interface map package "
    "range return select struct switch type var".split()
)
"""Source: the Go language specification, *Keywords*."""

_SOURCE = Template(
    GENERATED
    + """
package ${package}

import (
	"errors"
	"os"
	"strings"
	"time"
${imports})

// bundledZones are the zones of tzdata ${version} that this program is built
// for, sorted.
var bundledZones = []string{
${zones}}

// zoneVariables are the environment variables that may name a zone.
var zoneVariables = []string{${variables}}

// init ends the program if its environment names a zone that is not bundled.
func init() {
	for _, variable := range zoneVariables {
		name := strings.TrimPrefix(os.Getenv(variable), ":")
		if err := CheckZones(name); err != nil {
			os.Stderr.WriteString(variable + ": " + err.Error() + "\\n")
			os.Exit(1)
		}
	}
}

// CheckZones returns an error unless each name is a bundled zone that can be
// loaded. The names "" and "UTC" need no data.
func CheckZones(names ...string) error {
	for _, name := range names {
		if name == "" || name == "UTC" {
			continue
		}
		if !isBundled(name) {
			return errors.New("time zone " + name + " is not bundled with this program")
		}
		if _, err := time.LoadLocation(name); err != nil {
			return errors.New("time zone " + name + " should be bundled with this program: " + err.Error())
		}
	}
	return nil
}

func isBundled(name string) bool {
	for _, zone := range bundledZones {
		if zone == name {
			return true
		}
	}
	return false
}
"""
)


def format_check(
    zones: Sequence[str], *, version: str, package: str, variables: Sequence[str], import_path: str
) -> bytes:
    """Return the source of the check.

    Args:
        package: The Go package that the check becomes part of.
        variables: Environment variables to look at before ``main`` runs.
        import_path: The package that embeds the zones, imported so that it is initialized earlier; empty for none.

    Raises:
        InvalidOption: A package, a variable or an import cannot have such a name.
    """
    if not _IDENTIFIER.fullmatch(package) or package in _KEYWORDS:
        raise InvalidOption(f"{quote(package)} is not the name of a Go package, such as main", options=["package"])
    for variable in variables:
        if not _IDENTIFIER.fullmatch(variable):
            raise InvalidOption(
                f"{quote(variable)} is not the name of an environment variable, such as TZ", options=["env"]
            )
    if import_path and not is_module_path(import_path):
        raise InvalidOption(f"{quote(import_path)} is not a Go import path", options=["import"])
    source = _SOURCE.substitute(
        package=package,
        version=version,
        imports=f'\n\t_ "{import_path}"\n' if import_path else "",
        zones="".join(f'\t"{zone}",\n' for zone in sorted(zones)),
        variables=", ".join(f'"{variable}"' for variable in variables),
    )
    return source.encode("ascii")
