"""The templates that come with the product can be started as they are."""

import pytest

from journeys.definition import parse
from journeys.definition.checking import World, check
from journeys.templates import TEMPLATES, Template
from journeys.world import rule_problem, text_problem


def test_there_are_twelve() -> None:
    assert len({one.key for one in TEMPLATES}) == 12


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_a_template_has_no_mistake(template: Template) -> None:
    world = World(segments=(), journeys=(), check_rule=rule_problem, check_text=text_problem)
    assert [one.message for one in check(parse(template.definition), world) if one.is_error] == []
