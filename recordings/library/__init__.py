"""The library: what sessions there are below a folder, found, described, searched, tagged and deleted."""
