"""
What DMS is sure to refuse, found before it is sent.

Checks append to a list of `InputProblem`, each with its place; `raise_for` raises one error for all. Nothing that the
service might accept is a problem: limits of projects differ, and a newer service knows more words.
"""

from pygen.client.checks.filters import check_filter
from pygen.client.checks.identifiers import (
    Problems,
    check_container_id,
    check_container_reference,
    check_data_model_id,
    check_external_id,
    check_identifier,
    check_instance_external_id,
    check_instance_type,
    check_node_reference,
    check_property_name,
    check_property_reference,
    check_source_reference,
    check_space,
    check_version,
    check_view_id,
    check_view_reference,
    raise_for,
)
from pygen.client.checks.instances import check_instance_ids, id_problem, instance_problem, located
from pygen.client.checks.query import check_query
from pygen.client.checks.requests import (
    check_aggregate,
    check_aggregates,
    check_group_by,
    check_limit,
    check_list,
    check_search,
    check_sort,
    check_sources,
    check_target_units,
)
from pygen.client.checks.schema import check_container_item, check_data_model_item, check_space_item, check_view_item

__all__ = [
    "Problems",
    "check_aggregate",
    "check_aggregates",
    "check_container_id",
    "check_container_item",
    "check_container_reference",
    "check_data_model_id",
    "check_data_model_item",
    "check_external_id",
    "check_filter",
    "check_group_by",
    "check_identifier",
    "check_instance_external_id",
    "check_instance_ids",
    "check_instance_type",
    "check_limit",
    "check_list",
    "check_node_reference",
    "check_property_name",
    "check_property_reference",
    "check_query",
    "check_search",
    "check_sort",
    "check_source_reference",
    "check_sources",
    "check_space",
    "check_space_item",
    "check_target_units",
    "check_version",
    "check_view_id",
    "check_view_item",
    "check_view_reference",
    "id_problem",
    "instance_problem",
    "located",
    "raise_for",
]
