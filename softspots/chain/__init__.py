"""One chain for all sources: what a frame, and the one after it, are taken through, and sequences of them."""
