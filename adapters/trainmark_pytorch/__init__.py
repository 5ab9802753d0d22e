"""PyTorch as a platform: what `adapters/pytorch_platform.py` starts.

    machine      which devices, modes and libraries are there, and why not
    layers       a workload's network of torch.nn modules
    data         samples and orders on the device, batches of a stretch
    optimisers   torch.optim with the state of the protocol
    record       losses and correct answers of a stretch, without waiting for the device
    eager        a step as everybody writes it; channels-last and amp too
    compiled     a whole step as one graph of torch.compile
    formulas     the updates that the whole step computes
    captured     a step as a CUDA graph
    adapter      all of it behind the calls of trainmark_worker.adapter.Adapter
"""
