"""From a few clicks on a still picture to a plan: outlines on the bone's edge, names, measures."""
