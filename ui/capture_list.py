"""Capture devices as lines for a terminal: what `cementwatch sources` prints."""

from __future__ import annotations

import textwrap

from monitor.errors import SourceError
from monitor.sources.capture_formats import CaptureFormat, CaptureSize, Rates
from monitor.sources.capture_list import CaptureDevice
from monitor.sources.live_options import split_options

COLUMNS = 100


def device_lines(devices: tuple[CaptureDevice, ...]) -> list[str]:
    """Name, driver, formats, sizes and rates of every device, and how to ask for the first of them."""
    if not devices:
        return ["no capture devices found"]
    lines = []
    for device in devices:
        delivers = device.delivers
        behind = f"  ({delivers.driver}, {delivers.bus})" if delivers else ""
        lines += _wrapped(f"device:{device.index}  {device.name}{behind}", "    ")
        if delivers is None:
            lines += _wrapped(f"    formats not known: {device.unknown}", "        ")
        elif delivers.formats is None:
            lines.append("    formats not known: the driver lists none")
        else:
            for one in delivers.formats:
                lines += _format_lines(one)
    example = next((spec for device in devices if (spec := spec_for(device))), None)
    if example is not None:
        lines += ["", f"to ask for one:  cementwatch live '{example}' --plan plan.json"]
    return lines


def _format_lines(one: CaptureFormat) -> list[str]:
    packed = ", compressed" if one.compressed else ""
    lines = _wrapped(f"    {one.fourcc:4}  {one.description}{packed}", "          ")
    if one.sizes is None:
        return [*lines, "          sizes not known: the driver lists none"]
    for size in one.sizes:
        start = f"          {_size_text(size):9}  "
        lines += _wrapped(start + _rates_text(size.rates, ranged=size.least_px != size.most_px), " " * 21)
    return lines


def _size_text(size: CaptureSize) -> str:
    most = "{}x{}".format(*size.most_px)
    if size.least_px == size.most_px:
        return most
    return "{}x{} to {}, steps of {}x{}".format(*size.least_px, most, *size.step_px)


def _rates_text(rates: Rates | None, *, ranged: bool) -> str:
    if rates is None:
        return "rates not known"
    if rates.range_hz is not None:
        text = f"{_hz(rates.range_hz[0])} to {_hz(rates.range_hz[1])} Hz"
    else:
        text = ", ".join(map(_hz, rates.each_hz)) + " Hz"
    return f"{text} at the largest" if ranged else text


def _hz(rate_hz: float) -> str:
    return f"{rate_hz:.3f}".rstrip("0").rstrip(".")


def spec_for(device: CaptureDevice) -> str | None:
    """A source that asks for the first of which format, size and rate are known and can be asked for.

    What is not compressed comes first: blocks of a compressed picture are no shades of the image.
    """
    formats = (device.delivers and device.delivers.formats) or ()
    for one in sorted(formats, key=lambda one: one.compressed):
        for size in one.sizes or ():
            if size.rates is None:
                continue
            rate_hz = size.rates.each_hz[0] if size.rates.range_hz is None else size.rates.range_hz[1]
            columns, rows = size.most_px
            spec = f"device:{device.index}#size={columns}x{rows}&format={one.fourcc}&rate={_hz(rate_hz)}"
            try:
                split_options(spec)
            except SourceError:
                continue
            return spec
    return None


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_on_hyphens=False)
