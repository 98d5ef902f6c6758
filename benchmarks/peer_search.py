"""One search by another library, in an environment of its own: ``python peer_search.py NAME TABLE.npz DEPTH SUPPORT``.

Prints seconds of the processor, and every slice it returns as a list of ``[column, level]``, its rows and its share of errors. Nothing of
Faultline is imported here.
"""

import json
import sys
import time

import numpy as np
import pandas as pd


def divexplorer(frame, wrong, depth, support):
    """Every itemset with its divergence; there is no limit to the depth."""
    from divexplorer import DivergenceExplorer

    table = frame.assign(wrong=wrong)
    start = time.process_time()
    found = DivergenceExplorer(table).get_pattern_divergence(min_support=support, boolean_outcomes=["wrong"])
    seconds = time.process_time() - start
    slices = []
    for items, share, rate in zip(found["itemset"], found["support"], found["wrong"], strict=True):
        pairs = sorted([int(item.split("=")[0][1:]), int(item.split("=")[1])] for item in items)
        slices.append([pairs, round(share * len(frame)), float(rate)])
    return seconds, [s for s in slices if s[0]]


def sliceline(frame, wrong, depth, support):
    """The best slices by its score."""
    from sliceline.slicefinder import Slicefinder

    codes = frame.to_numpy(dtype=np.int64)
    start = time.process_time()
    finder = Slicefinder(
        alpha=0.95, k=5, max_l=depth, min_sup=int(np.ceil(support * len(codes))), verbose=False
    )
    finder.fit(codes, wrong.astype(float))
    seconds = time.process_time() - start
    slices = []
    for top in finder.top_slices_:
        pairs = [[j, int(v)] for j, v in enumerate(top) if v is not None]
        inside = np.all([codes[:, j] == v for j, v in pairs], axis=0)
        slices.append([pairs, int(inside.sum()), float(wrong[inside].mean())])
    return seconds, slices


def pysubgroup(frame, wrong, depth, support):
    """The best subgroups by the binomial quality, whose order is nearly that of z, over sets of bits."""
    import pysubgroup as ps

    table = frame.assign(wrong=wrong)
    start = time.process_time()
    target = ps.BinaryTarget("wrong", True)
    space = ps.create_nominal_selectors(table, ignore=["wrong"])
    task = ps.SubgroupDiscoveryTask(
        table, target, space, result_set_size=5, depth=depth, qf=ps.StandardQF(0.5),
        constraints=[ps.MinSupportConstraint(int(np.ceil(support * len(table))))],
    )  # fmt: skip
    result = ps.DFS(ps.BitSetRepresentation).execute(task)
    seconds = time.process_time() - start
    slices = []
    for _, subgroup, _ in result.results:
        pairs = sorted([int(s.attribute_name[1:]), int(s.attribute_value)] for s in subgroup.selectors)
        inside = np.all([table[f"c{j}"] == str(v) for j, v in pairs], axis=0)
        slices.append([pairs, int(inside.sum()), float(wrong[inside].mean())])
    return seconds, slices


if __name__ == "__main__":
    name, path, depth, support = sys.argv[1:]
    with np.load(path) as given:
        codes, wrong = given["codes"], given["wrong"]
    frame = pd.DataFrame({f"c{j}": code.astype(str).astype(object) for j, code in enumerate(codes)})
    seconds, slices = globals()[name](frame, wrong, int(depth), float(support))
    print(json.dumps({"seconds": seconds, "slices": slices}))
