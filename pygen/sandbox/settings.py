"""How the sandbox answers where nobody knows how the service does (dms-api.md 13.4), and its limits."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Settings"]


class Settings(NamedTuple):
    """
    The open questions, each with its default; and limits that are settings of a project (dms-api.md 8.2).

    Attributes:
        version_conflict_status: The status of a version conflict (question 1).
        nulls_match_not: Whether `not` over a comparison with a missing value is true; False: three-valued (2).
        delete_clears_relations: Whether direct relations to a deleted node are cleared; False: they dangle (3).
        recreated_version: The version that a deleted and created again instance starts with (4).
        cursor_on_full_page: Whether a page that is exactly full has a cursor although nothing follows (5).
        byids_needs_data: Whether byids leaves out instances without data in a source (6).
        skipped_in_answer: Whether items that a version conflict skipped are in the answer (8).
        list_order: The order of a list without a sort: `creation`, or `external_id` (9).
        view_drops_properties: Whether a view that is written again loses properties that are left out (10).
        most_in_values: Most values of an `in` filter (11).
        default_max_distance: Levels that an edge expression without `maxDistance` follows; None: all (12).
        empty_list_is_null: Whether an empty list is stored as null (13).
        select_needs_data: Whether a selected view that an instance has no data in is left out of `properties`; False:
            it is an empty object (14).
        too_many_requests: The message of a 429 (15).
        taken_id_status: The status where an id is taken by an instance of the other kind (16).
        most_list_values: Most values of a list without `maxListSize`.
        most_list_relations: Most direct relations of a list without `maxListSize`.
        deleted_kept_ms: How long sync tells of deleted instances, and how old its cursors may be.
        most_instances: Most live instances.
        most_deleted_instances: Most deleted instances that are kept.
        most_spaces: Most spaces.
        most_containers: Most containers.
        most_container_properties: Most properties of all containers together.
        most_properties_of_container: Most properties of a container.
        most_views: Most views, all versions counted.
        most_versions: Most versions of a view, and of a data model.
        most_properties_of_view: Most properties of a view.
        most_data_models: Most data models, all versions counted.
        most_views_of_data_model: Most views of a data model.
        search_lag_ms: How long search and aggregate do not see what was written.
    """

    version_conflict_status: Literal[400, 409] = 409
    nulls_match_not: bool = False
    delete_clears_relations: bool = False
    recreated_version: int = 1
    cursor_on_full_page: bool = True
    byids_needs_data: bool = True
    skipped_in_answer: bool = True
    list_order: Literal["creation", "external_id"] = "creation"
    view_drops_properties: bool = False
    most_in_values: int = 5000
    default_max_distance: int | None = None
    empty_list_is_null: bool = False
    select_needs_data: bool = True
    too_many_requests: str = "Too many requests. Please retry after a while."
    taken_id_status: Literal[400, 409] = 409
    most_list_values: int = 1000
    most_list_relations: int = 100
    deleted_kept_ms: int = 3 * 24 * 3600 * 1000
    most_instances: int = 5_000_000
    most_deleted_instances: int = 10_000_000
    most_spaces: int = 100
    most_containers: int = 1000
    most_container_properties: int = 25_000
    most_properties_of_container: int = 100
    most_views: int = 2000
    most_versions: int = 100
    most_properties_of_view: int = 300
    most_data_models: int = 500
    most_views_of_data_model: int = 100
    search_lag_ms: int = 0
