"""A customer in the API description, made of the table of its fields."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.fields import Field

from profiles.api.parameters import HIGHEST_SCORE
from profiles.customer_table import CUSTOMER as TABLE
from profiles.customer_table import CustomerField, Kind
from profiles.models import LifecycleStage, ProfileStatus

Described = Field[Any, Any, Any, Any]

_FIELDS: Final[Mapping[Kind, Callable[..., Described]]] = {
    Kind.ID: serializers.UUIDField,
    Kind.STATUS: lambda **options: serializers.ChoiceField(choices=ProfileStatus.choices, **options),
    Kind.STAGE: lambda **options: serializers.ChoiceField(choices=LifecycleStage.choices, **options),
    Kind.TEXT: serializers.CharField,
    Kind.TEXTS: lambda **options: serializers.ListField(child=serializers.CharField(), **options),
    Kind.TEXT_BY_NAME: lambda **options: serializers.DictField(child=serializers.CharField(), **options),
    Kind.FLAG: serializers.BooleanField,
    Kind.COUNT: serializers.IntegerField,
    Kind.LARGE: serializers.IntegerField,
    Kind.SCORE: lambda **options: serializers.IntegerField(min_value=0, max_value=HIGHEST_SCORE, **options),
    Kind.DECIMAL: serializers.FloatField,
    Kind.DAY: serializers.DateField,
    Kind.MOMENT: serializers.DateTimeField,
}


def _described(field: CustomerField) -> Described:
    options: dict[str, Any] = {"allow_null": True} if field.is_nullable else {}
    return _FIELDS[field.kind](**options, **({"help_text": field.words} if field.words else {}))


CUSTOMER: Final = inline_serializer("Customer", {field.name: _described(field) for field in TABLE})
# The same class again: the description knows a component by its class.
CUSTOMERS: Final = type(CUSTOMER)(many=True)
