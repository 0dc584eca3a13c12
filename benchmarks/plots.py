"""Pictures of the figures, as PNG bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.comparison import Comparison
from benchmarks.figures import Figures
from benchmarks.mask_scores import FRONT_BINS_MM
from benchmarks.records import Record

_COLOURS = {"own": "#1f77b4", "ct": "#d62728"}


def all_plots(
    records: Sequence[Record], base: Mapping[str, Figures], compared: Sequence[Comparison]
) -> dict[str, bytes]:
    """Every picture that there is something to show in, by file name without ending.

    Parameters
    ----------
    records : sequence of Record
        Of the own detector and its peers.
    base : mapping of model to Figures
    compared : sequence of Comparison
    """
    own = [r for r in records if r.detector == "cementwatch"]
    usual = [r for r in own if r.sweep == "base"]
    found: dict[str, bytes] = {}
    if any(r.distances.get("posterior_wall") for r in usual):
        found["wall"] = _wall(usual)
    if any(r.front for r in usual):
        found["front"] = _front(usual)
    if any(f.leaks for f in base.values()):
        found["delays"] = _delays(base)
    if any(r.volumes for r in usual):
        found["volume"] = _volume(usual)
    if {c.sweep for c in compared} - {"base"}:
        found["sweeps"] = _sweeps(compared)
    at_base = [c for c in compared if c.sweep == "base" and c.peers]
    if at_base:
        found["peers"] = _peers(at_base)
    return found


def _wall(records: Sequence[Record]) -> bytes:
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    for axis, model in zip(axes, ("own", "ct"), strict=True):
        rows = [row for r in records if r.model == model for row in r.distances.get("posterior_wall", [])]
        table = np.asarray(rows, float).reshape(-1, 3)
        axis.plot(table[:, 0], table[:, 2], ".", ms=2, color="0.7", label="lower bound")
        axis.plot(table[:, 0], table[:, 1], ".", ms=2, color=_COLOURS[model], label="measured")
        ends = [-10, 30]
        axis.plot(ends, ends, "k-", lw=0.7)
        axis.set(
            title=f"{model} model", xlabel="true distance to the posterior wall (mm)", ylabel="told (mm)"
        )
        axis.set(xlim=ends, ylim=ends)
        axis.legend(loc="upper left")
    return _png(figure)


def _front(records: Sequence[Record]) -> bytes:
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    # three bins make one: a pixel is wider than a bin, and most bins between whole pixels are empty
    centres = ((FRONT_BINS_MM[:-1] + FRONT_BINS_MM[1:]) / 2)[1:-1:3]
    for model, colour in _COLOURS.items():
        counts = [r.front for r in records if r.model == model and r.front]
        if counts:
            total = np.sum(counts, axis=0)[: 3 * len(centres)].reshape(-1, 3).sum(axis=1)
            axis.step(centres, total / max(1, total.sum()), where="mid", color=colour, label=model)
    axis.set(
        xlabel="found front relative to the true one (mm); negative: lags", ylabel="share of the outline"
    )
    axis.set(xlim=(-5, 5), yscale="log")
    axis.legend()
    return _png(figure)


def _delays(base: Mapping[str, Figures]) -> bytes:
    figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
    kinds = sorted({kind for f in base.values() for kind in f.leaks})
    for k, kind in enumerate(kinds):
        for offset, (model, colour) in zip((-0.12, 0.12), _COLOURS.items(), strict=True):
            leak = base[model].leaks.get(kind) if model in base else None
            if leak is not None and leak.delay_s:
                axis.plot(leak.delay_s, np.full(len(leak.delay_s), k + offset), "o", ms=4, color=colour)
            if leak is not None:
                axis.text(1.01, k + offset, f"{leak.found}/{leak.judged}", color=colour, va="center",
                          transform=axis.get_yaxis_transform())  # fmt: skip
    axis.axvline(0.5, color="0.6", lw=0.8)
    axis.axvline(1.5, color="0.6", lw=0.8, ls="--")
    axis.set(yticks=range(len(kinds)), yticklabels=kinds, xlabel="leak visible to alarm (s)")
    return _png(figure)


def _volume(records: Sequence[Record]) -> bytes:
    figure, axis = plt.subplots(figsize=(5, 4.2), layout="constrained")
    most = 0.5
    for record in records:
        for rows in record.volumes.values():
            table = np.asarray(rows, float)
            axis.plot(table[:, 0], table[:, 1], lw=0.8, color=_COLOURS[record.model])
            most = max(most, float(table.max()))
    axis.plot([0, most], [0, most], "k-", lw=0.7)
    axis.set(xlabel="true volume (mL)", ylabel="told with the nominal density (mL)")
    return _png(figure)


def _sweeps(compared: Sequence[Comparison]) -> bytes:
    names = [name for name in dict.fromkeys(c.sweep for c in compared) if name != "base"]
    columns = 3
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(12, 2.7 * rows), layout="constrained", squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        labels = list(dict.fromkeys(c.label for c in compared if c.sweep == name))
        for model, colour in _COLOURS.items():
            chosen = [c for c in compared if c.sweep == name and c.model == model]
            if not chosen:
                continue
            at = [labels.index(c.label) for c in chosen]
            axis.plot(at, [_value(c.own.dice_median) for c in chosen], "o-", color=colour, label=model)
            best = [_value(p.dice_median if (p := c.best_peer) else None) for c in chosen]
            axis.plot(at, best, "x--", color=colour, lw=0.8, label=f"{model}, best peer")
        axis.set(title=name, ylim=(0, 1), xticks=range(len(labels)), ylabel="Dice, median")
        axis.set_xticklabels(labels, rotation=15, fontsize=7)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    axes.flat[0].legend(fontsize=7)
    return _png(figure)


def _peers(compared: Sequence[Comparison]) -> bytes:
    figure, axes = plt.subplots(1, len(compared), figsize=(6 * len(compared), 4.6), layout="constrained")
    for axis, one in zip(np.atleast_1d(axes), compared, strict=True):
        all_figures = {"cementwatch": one.own, **one.peers}
        names = list(all_figures)
        dice = [_value(f.dice_median) for f in all_figures.values()]
        colours = ["#2ca02c" if name == "cementwatch" else "0.6" for name in names]
        axis.barh(names, dice, color=colours)
        for k, f in enumerate(all_figures.values()):
            axis.text(0.01, k, f"false area p95 {_value(f.false_p95_mm2):.0f} mm2", va="center", fontsize=7)
        axis.invert_yaxis()
        axis.set(title=f"{one.model} model", xlim=(0, 1), xlabel="Dice, median")
    return _png(figure)


def _value(value: float | None) -> float:
    return float("nan") if value is None else value


def _png(figure: Any) -> bytes:  # noqa: ANN401 - matplotlib carries no types
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    return buffer.getvalue()
