"""Which relations are fetched along: paths and builders, made into `Branch`es."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from pygen.runtime.base import PygenResource
from pygen.runtime.columns import Column
from pygen.runtime.filters import Filter
from pygen.runtime.lazy import Relation
from pygen.runtime.selecting import Pick, chosen_fields
from pygen.runtime.session import Session
from pygen.runtime.spec import Branch, QuerySpec, Where, condition_of, sort_keys_of

if TYPE_CHECKING:
    from pygen.runtime.building import OrderBy
    from pygen.runtime.lazy import ToMany, ToManyLinks, ToOne, ToOneLink

__all__ = [
    "BranchQuery",
    "Build",
    "Follow",
    "Path",
    "built",
    "include",
    "included",
    "merge",
    "recursive",
    "relation_of",
    "with_branch",
]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
TargetT = TypeVar("TargetT", bound=PygenResource)

Path: TypeAlias = "str | Relation"
"""A relation (`WindTurbine.blades`), or names of relations with dots between them: `"nacelle.gearbox"`."""

# Quoted: at run time a relation's subscript names classes (see `lazy`).
To: TypeAlias = "ToOne[TargetT] | ToMany[TargetT] | ToOneLink[TargetT, Any] | ToManyLinks[TargetT, Any]"
"""A relation as an attribute of a class."""

Follow: TypeAlias = "Callable[[type[ResourceT]], To[TargetT]]"
"""A function from a class to one of its relations: `lambda t: t.blades`."""


class BranchQuery(Generic[ResourceT]):
    """
    What is fetched along a relation: a function that is given one says which of the nodes, and in which order.

    Every method returns a new one.

    Args:
        kind: The class of the nodes.
        session: What will be asked; it knows where instances are that name no space.
        spec: What is asked for so far.
    """

    __slots__ = ("_kind", "_session", "_spec")

    def __init__(self, kind: type[ResourceT], session: Session, spec: Branch) -> None:
        self._kind = kind
        self._session = session
        self._spec = spec

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._kind, self._session, self._spec._replace(**changes))

    def where(self, condition: Where[ResourceT], /) -> Self:
        """
        Only those that meet a condition, beside all others.

        Args:
            condition: A filter, or a function that makes one of the class: `lambda b: b.is_damaged == True`.
        """
        made = condition_of(self._kind, condition, self._session)
        before = self._spec.where
        if made is not None and before is not None:
            made = Filter.all((Filter(before), Filter(made))).dump()
        return self._with(where=made)

    def order_by(self, *keys: OrderBy[ResourceT]) -> Self:
        """
        Sort what each instance leads to; later keys decide among those that earlier ones find equal.

        Args:
            keys: At most five, e.g. `lambda b: (b.position, b.name.desc())`.

        Raises:
            ValueError: There are more.
        """
        sort = (*self._spec.sort, *sort_keys_of(self._kind, keys))
        if len(sort) > 5:
            raise ValueError(f"results are sorted by five keys at most (dms-api.md 5.4), not by {len(sort)}")
        return self._with(sort=sort)

    def limit(self, most: int, /) -> Self:
        """At most so many for each instance that they belong to."""
        if most < 0:
            raise ValueError(f"a limit of {most} is negative")
        return self._with(most=most if self._spec.most is None else min(self._spec.most, most))

    def fields(self, *picks: Pick[ResourceT]) -> Self:
        """
        Fetch these fields of the nodes alone, beside the metadata; see `Query.fields`.

        Args:
            picks: Names of fields, columns, or functions that give columns: `lambda b: (b.name, b.is_damaged)`.

        Raises:
            TypeError: Something names no field.
        """
        return self._with(fields=chosen_fields(self._kind, picks, self._spec.fields))

    def include(self, *paths: Path) -> Self:
        """
        Fetch relations along from here.

        Args:
            paths: Relations (`Blade.sensors`), or names with dots between them.

        Raises:
            TypeError: There is no such relation.
        """
        return self._with(branches=include(self._kind, self._spec.branches, paths))

    def branch(
        self,
        relation: Follow[ResourceT, TargetT],
        build: Build[TargetT] | None = None,
        /,
    ) -> Self:
        """
        Fetch a relation along from here, or a part of what it leads to.

        Args:
            relation: `lambda b: b.sensors`.
            build: Says which nodes: `lambda sensors: sensors.where(...).limit(5)`.
        """
        return self._with(branches=merge(self._spec.branches, built(self._kind, relation, build, self._session)))

    def recurse(
        self,
        relation: Follow[ResourceT, TargetT],
        build: Build[TargetT] | None = None,
        /,
        *,
        max_distance: int,
    ) -> Self:
        """
        Follow a relation of a class to itself from here, several times.

        Args:
            relation: `lambda t: t.parent`.
            build: Says which nodes are gone on to.
            max_distance: How many times it is followed.
        """
        made = recursive(self._kind, relation, build, self._session, max_distance)
        return self._with(branches=merge(self._spec.branches, made))

    def __repr__(self) -> str:
        return f"<branch along {self._spec.relation.where}>"


Build: TypeAlias = Callable[[BranchQuery[ResourceT]], BranchQuery[ResourceT]]
"""A function that says what is fetched along: `lambda blades: blades.where(...).order_by(...).limit(5)`."""


def include(kind: type[PygenResource], branches: tuple[Branch, ...], paths: tuple[Path, ...]) -> tuple[Branch, ...]:
    """
    Branches, and those that paths name.

    Raises:
        TypeError: A path names no relation.
    """
    for path in paths:
        branches = merge(branches, _branch_of(kind, path.split(".") if isinstance(path, str) else [path]))
    return branches


def _branch_of(kind: type[PygenResource], steps: list[Any]) -> Branch:
    relation = relation_of(kind, steps[0])
    return Branch(relation, branches=(_branch_of(relation.target, steps[1:]),) if len(steps) > 1 else ())


def built(
    kind: type[PygenResource], relation: object, build: Callable[[Any], Any] | None, session: Session, depth: int = 1
) -> Branch:
    """
    The branch that a relation and a function describe.

    Raises:
        TypeError: It is no relation of the class, or the function makes something else.
    """
    found = relation_of(kind, relation)
    branch = Branch(found, depth=depth)
    if build is None:
        return branch
    made = build(BranchQuery(found.target, session, branch))
    if not isinstance(made, BranchQuery):
        raise TypeError(
            f"the second function says what is fetched along {found.where}, e.g. "
            f"lambda nodes: nodes.limit(5), and made {made!r}"
        )
    spec: Branch = made._spec  # noqa: SLF001 -- made here
    return spec


def recursive(
    kind: type[PygenResource],
    relation: object,
    build: Callable[[Any], Any] | None,
    session: Session,
    max_distance: int,
) -> Branch:
    """
    The branch that follows a relation again and again.

    Raises:
        TypeError: The relation leads to a class that does not have it.
        ValueError: The distance is less than one.
    """
    if max_distance < 1:
        raise ValueError(f"max_distance is at least 1, not {max_distance}")
    found = relation_of(kind, relation)
    if not issubclass(found.target, found.owner):
        raise TypeError(
            f"{found.where} leads to {found.target.__name__}, which does not have it: only a relation of a class to "
            "itself can be followed again and again; branch() and include() follow it once"
        )
    return built(kind, found, build, session, max_distance)


def merge(branches: tuple[Branch, ...], added: Branch) -> tuple[Branch, ...]:
    """
    Branches and one more; what is fetched along the same relation is put together.

    Raises:
        ValueError: The relation is there already with other conditions.
    """
    for place, branch in enumerate(branches):
        if branch.relation.name == added.relation.name:
            return (*branches[:place], _merged(branch, added), *branches[place + 1 :])
    return (*branches, added)


def _merged(branch: Branch, added: Branch) -> Branch:
    options = [one for one in (branch, added) if _options(one) != _options(Branch(branch.relation))]
    if len(options) == 2 and _options(branch) != _options(added):
        raise ValueError(
            f"{branch.relation.where} is fetched along already, with other conditions; "
            "one query follows a relation in one way"
        )
    chosen = options[0] if options else branch
    nested = branch.branches
    for each in added.branches:
        nested = merge(nested, each)
    return chosen._replace(branches=nested)


def _options(branch: Branch) -> tuple[Any, ...]:
    """What a branch asks for, but for what is followed from there."""
    return branch.where, branch.sort, branch.most, branch.fields, branch.depth


def included(kind: type[PygenResource], branches: tuple[Branch, ...], name: str) -> Branch | None:
    """The branch along a relation that goes by *name*, if there is one."""
    return next((each for each in branches if each.relation.name == name and name in kind.__pygen_relations__), None)


def with_branch(spec: QuerySpec[ResourceT], relation: object) -> tuple[QuerySpec[ResourceT], Branch]:
    """
    A query that follows a relation, and the branch along it: the one that is there, or a new one.

    Raises:
        TypeError: It is no relation of the query's class.
    """
    found = relation_of(spec.kind, relation)
    branch = included(spec.kind, spec.branches, found.name)
    if branch is not None:
        return spec, branch
    branch = Branch(found)
    return spec._replace(branches=(*spec.branches, branch)), branch


def relation_of(kind: type[PygenResource], given: object) -> Relation:
    """
    The relation of a class that a name, a relation or a function means.

    Raises:
        TypeError: There is none.
    """
    made = given(kind) if callable(given) and not isinstance(given, Relation | Column) else given
    if isinstance(made, str):
        found = kind.__pygen_relations__.get(made)
        if found is None:
            raise TypeError(_unknown(kind, made))
        return found
    if isinstance(made, Relation):
        found = kind.__pygen_relations__.get(made.name)
        if found is None or not issubclass(kind, made.owner):
            raise TypeError(f"{made.where} is no relation of {kind.__name__}{_hint(kind, made.name)}")
        return found
    if isinstance(made, Column):
        raise TypeError(f"{made.where} is a field, not a relation{_hint(kind, made.field)}")
    raise TypeError(
        f"a relation is named by a text or as an attribute of the class, e.g. {_example(kind)}, "
        f"not by {type(made).__name__}"
    )


def _unknown(kind: type[PygenResource], name: str) -> str:
    field = " (it is a field, which is always fetched)" if name in kind.__pydantic_fields__ else ""
    return f"{kind.__name__} has no relation {name!r}{field}{_hint(kind, name)}"


def _hint(kind: type[PygenResource], name: str) -> str:
    names = list(kind.__pygen_relations__)
    if not names:
        return ": it has no relations"
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(names)}"


def _example(kind: type[PygenResource]) -> str:
    return f"{kind.__name__}.{next(iter(kind.__pygen_relations__), 'relation')}"
