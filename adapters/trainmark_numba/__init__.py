"""A small neural network from scratch with Numba: a plan of kernel calls, compiled for the CPU or started on a GPU.

    plan.py       layers -> calls of kernels forward and backward, with their buffers; the same for CPU and GPU
    kernels.py    the kernels of the CPU: loops and BLAS
    convolution.py  convolutions of the CPU, made for a kernel's size
    program.py    joins the calls of a whole step into one compiled function
    cuda_kernels.py, cuda_program.py  the same for CUDA

Tensors are (images, channels, height, width).
"""
