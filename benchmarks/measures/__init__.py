"""What `benchmarks/reflex.py` is made of: texts, peers, measurements and tables."""
