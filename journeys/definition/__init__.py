"""What a journey is: typed triggers and steps, one graph of them, its checks and its words. Pure."""

from journeys.definition.graph import Definition, parse
from journeys.definition.problems import InvalidDefinition, Problem

__all__ = ["Definition", "InvalidDefinition", "Problem", "parse"]
