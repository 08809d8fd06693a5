"""Milvus: collections, images, searches. The only package that imports pymilvus."""

from shared.store.client import AsyncMilvusConnection, MilvusConnection
from shared.store.collections import Collections
from shared.store.editions import EditionChanged, places, require_vectors
from shared.store.example_search import ExampleSearch
from shared.store.facets import Facets
from shared.store.filters import matches
from shared.store.homes import KNOWN_SECONDS
from shared.store.image_writer import ImageWriter
from shared.store.images import Images
from shared.store.indexes import require_search_params
from shared.store.neighbours import Neighbour, Neighbours, StoredVectors
from shared.store.ranking import score_of
from shared.store.reencoding import Editions
from shared.store.refined_search import RefinedSearch
from shared.store.regions import PictureRegions, Regions, RegionsLeft
from shared.store.row_copies import RowCopies
from shared.store.search import VectorSearch

__all__ = [
    "KNOWN_SECONDS",
    "AsyncMilvusConnection",
    "Collections",
    "EditionChanged",
    "Editions",
    "ExampleSearch",
    "Facets",
    "ImageWriter",
    "Images",
    "MilvusConnection",
    "Neighbour",
    "Neighbours",
    "PictureRegions",
    "RefinedSearch",
    "Regions",
    "RegionsLeft",
    "RowCopies",
    "StoredVectors",
    "VectorSearch",
    "matches",
    "places",
    "require_search_params",
    "require_vectors",
    "score_of",
]
