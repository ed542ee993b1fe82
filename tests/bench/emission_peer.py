# SPDX-License-Identifier: 0BSD
"""One epoch in numpy doubles on dense validators x miners: what emission_bench races.

emission_peer.py ALGO VALIDATORS MINERS SECONDS   prints the best CPU seconds of an epoch, of three
                                                   at least: the first one touches new memory

Prepared before the clock starts: row-normalised weights, bonds, stake. Timed: consensus, clip,
ranks, incentives, bonds, average, dividends, in the few array operations that they take."""
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np  # noqa: E402


def divide(a, b):
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def median(stake, weights, kappa):
    order = np.argsort(weights, axis=0, kind="stable")
    heard = np.cumsum(stake[order], axis=0) > stake.sum() - kappa
    at = np.where(heard.any(axis=0), heard.argmax(axis=0), len(stake) - 1)
    row = np.take_along_axis(order, at[None, :], axis=0)
    return np.take_along_axis(weights, row, axis=0)[0]


def epoch(algo, stake, weights, bonds):
    if algo == "linear":
        consensus, clipped = stake @ weights, weights
    else:
        consensus = median(stake, weights, 32767 / 65535)
        clipped = np.minimum(weights, consensus)
    rank = stake @ clipped
    incentive = rank / rank.sum()
    fresh = clipped * stake[:, None]
    if algo == "linear":
        return divide(fresh, np.broadcast_to(fresh.sum(axis=0), fresh.shape)) @ incentive
    if algo in ("yuma3", "yuma3_liquid"):
        alpha = 0.1
        if algo == "yuma3_liquid":
            gap = np.where(clipped >= bonds, np.clip(clipped - consensus, 0, 1),
                           np.clip(bonds - clipped, 0, 1))
            low, high = 45875 / 65535, 58982 / 65535
            alpha = low + (high - low) / (1 + np.exp(-10 * (gap - 0.5)))
        bonds = np.minimum(1, alpha * clipped + (1 - alpha) * bonds)
        share = divide(bonds, np.broadcast_to(bonds.sum(axis=0), bonds.shape))
        dividends = (share @ incentive) * stake
    else:
        old = divide(bonds, np.broadcast_to(bonds.sum(axis=0), bonds.shape))
        new = divide(fresh, np.broadcast_to(fresh.sum(axis=0), fresh.shape))
        bonds = 0.1 * new + 0.9 * old
        bonds = divide(bonds, np.broadcast_to(bonds.sum(axis=0), bonds.shape))
        dividends = bonds @ incentive
        bonds = divide(bonds, np.broadcast_to(bonds.max(axis=0), bonds.shape))
    return dividends / dividends.sum()


def main():
    algo, v, n, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    draw = np.random.default_rng(1)
    weights = draw.integers(1, 65536, (v, n)).astype(float)
    weights /= weights.sum(axis=1)[:, None]
    bonds = draw.integers(0, 65536, (v, n)) / 65535.0
    stake = draw.random(v) + 0.01
    stake /= stake.sum()
    best, spent, rounds = float("inf"), 0.0, 0
    while spent < seconds or rounds < 3:
        began = time.process_time()
        epoch(algo, stake, weights, bonds)
        took = time.process_time() - began
        best, spent, rounds = min(best, took), spent + took, rounds + 1
    print(best)


main()
