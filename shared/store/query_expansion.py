"""Average query expansion: a query becomes the mean of itself and of what it finds first."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float64]

#: The power of the cosine that weighs a neighbour, as Radenović, Tolias and Chum set it.
ALPHA = 3.0


def expand(query: Vectors, neighbours: Vectors) -> Vectors:
    """The sum of a query and of its neighbours by weight, at unit length: (d,) floats.

    `query` is (d,) and `neighbours` (n, d), all of unit length. A neighbour's weight is its cosine
    to the query to the power of `ALPHA`, and none where that is negative; the sum is never zero.

    Chum, Philbin, Sivic, Isard and Zisserman, Total Recall: Automatic Query Expansion with a
    Generative Feature Model for Object Retrieval, ICCV 2007 (the average, all weights alike);
    Radenović, Tolias and Chum, Fine-tuning CNN Image Retrieval with No Human Annotation, TPAMI
    2019 (the weights).
    """
    weights = np.maximum(neighbours @ query, 0.0) ** ALPHA
    total = query + weights @ neighbours
    return np.asarray(total / np.linalg.norm(total))
