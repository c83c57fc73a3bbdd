def to_text(t): return object.__repr__(t)
