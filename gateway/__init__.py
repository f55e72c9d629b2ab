"""Quangate: a fulfilment gateway for virtual goods."""

from gateway.features import FEATURES
from gateway.ground import house

house.consists_of(FEATURES)
