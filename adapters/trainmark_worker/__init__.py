"""Everything of a worker that is not a framework: the protocol (docs/protocol.md), files, checks, clock, checksums.

An adapter is a file of this form; `begin` comes before every other import, because it sets stdout aside and the
environment that frameworks read when they are imported:

    from trainmark_worker.start import begin
    OPTIONS = begin(__name__)
    import framework ...
    from trainmark_worker.adapter import Adapter
    class MyAdapter(Adapter): ...
    if __name__ == "__main__":
        from trainmark_worker.serve import serve
        serve(MyAdapter, OPTIONS)
"""
