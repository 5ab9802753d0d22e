"""What frameworks call an operation, in the words of the protocol: names as their profilers have given them."""
import importlib.util
import types
import unittest

import support  # noqa: F401
from trainmark_worker.operations import Part

HAS_TORCH, HAS_JAX, HAS_TENSORFLOW, HAS_NUMBA = (importlib.util.find_spec(name) is not None for name in ("torch", "jax", "tensorflow", "numba"))


@unittest.skipUnless(HAS_TORCH, "PyTorch is not installed")
class Pytorch(unittest.TestCase):
    def test_names(self):
        from trainmark_pytorch.operations import part_of

        names = {
            "aten::linear": ("matrix_multiplication", "forward"), "autograd::engine::evaluate_function: AddmmBackward0": ("matrix_multiplication", "backward"),
            "autograd::engine::evaluate_function: torch::autograd::AccumulateGrad": ("join", "backward"), "Optimizer.step#SGD.step": ("update", "update"),
            "autograd::engine::evaluate_function: MaxPool2DWithIndicesBackward0": ("pooling", "backward"), "aten::cross_entropy_loss": ("loss", "forward"),
            "autograd::engine::evaluate_function: NllLossBackward0": ("loss", "backward"), "aten::index_select": ("gather", "forward"),
        }
        for name, expected in names.items():
            self.assertEqual(part_of(name), Part(*expected), name)
        for name in ("aten::empty", "autograd::engine::evaluate_function: SomethingNewBackward0", "trainmark stretch"):
            self.assertIsNone(part_of(name), name)


HLO = """HloModule jit_step
%fused_mixed (p.0: f32[2]) -> f32[2] {
  %p.0 = f32[2]{0} parameter(0), metadata={op_name="jit(step)/operation.update/sub"}
  %a.1 = f32[2]{0} add(%p.0, %p.0), metadata={op_name="jit(step)/jvp(operation.relu.1)/max"}
  ROOT %d.1 = f32[2]{0} dot(%a.1, %p.0), metadata={op_name="jit(step)/jvp(operation.matrix_multiplication.0)/dot_general"}
}
%fused_two (p.2: f32[2]) -> f32[2] {
  %s.1 = f32[2]{0} add(%p.2, %p.2), metadata={op_name="jit(step)/transpose(jvp(operation.relu.1))/select"}
  ROOT %s.2 = f32[2]{0} add(%s.1, %s.1), metadata={op_name="jit(step)/transpose(jvp(operation.loss))/sub"}
}
ENTRY %main (x: f32[2]) -> f32[2] {
  %x = f32[2]{0} parameter(0)
  %fusion.1 = f32[2]{0} fusion(%x), kind=kOutput, calls=%fused_mixed, metadata={op_name="jit(step)/jvp(operation.relu.1)/max"}
  %fusion.2 = f32[2]{0} fusion(%x), kind=kLoop, calls=%fused_two
  %plain.7 = f32[2]{0} dot(%x, %x), metadata={op_name="jit(step)/transpose(jvp(operation.matrix_multiplication.0))/dot_general"}
  ROOT %update = f32[2]{0} add(%x, %x), metadata={op_name="jit(step)/operation.update/sub"}
}
"""


@unittest.skipUnless(HAS_JAX, "JAX is not installed")
class Jax(unittest.TestCase):
    def test_instructions_of_a_program(self):
        from trainmark_jax.operations import parts_of_program

        parts = parts_of_program(HLO, ["fc1", "relu1"])
        self.assertEqual(parts["fusion.1"], Part("matrix_multiplication", "forward", "fc1"))  # with the product in it
        self.assertEqual(parts["fusion.2"], Part("fused", "backward"))
        self.assertEqual(parts["plain.7"], Part("matrix_multiplication", "backward", "fc1"))
        self.assertEqual(parts["update"], Part("update", "update"))
        self.assertNotIn("x", parts)


@unittest.skipUnless(HAS_TENSORFLOW, "TensorFlow is not installed")
class Tensorflow(unittest.TestCase):
    def test_names(self):
        from trainmark_tensorflow.operations import part_of

        kinds = ["flatten", "dense", "relu", "dense"]
        layers = [types.SimpleNamespace(name=f"{kind}{i}", kind=kind, inputs=(f"{kinds[i - 1]}{i - 1}" if i else "input",)) for i, kind in enumerate(kinds)]
        network = types.SimpleNamespace(layers=layers)
        names = {
            "while/body/_1/while/functional_1/relu_2_1/Relu:_MklNativeFusedMatMul": Part("matrix_multiplication", "forward", "dense1"),  # named after the ReLU in it
            "while/body/_1/gradient_tape/while/functional_1/dense_3_1/MatMul/MatMul_1:_MklMatMul": Part("matrix_multiplication", "backward", "dense3"),
            "while/body/_1/gradient_tape/while/functional_1/relu_2_1/ReluGrad:ReluGrad": Part("relu", "backward", "relu2"),
            "while/body/_1/while/operation.loss_1/ArgMax:ArgMax": Part("loss", "forward"),
            "while/body/_1/gradient_tape/while/operation.loss/mul:Mul": Part("loss", "backward"),
            "while/body/_1/while/operation.update/sub:Sub": Part("update", "update"),
            "while/body/_1/while/operation.gather/GatherV2:GatherV2": Part("gather", "forward"),
        }
        for name, expected in names.items():
            self.assertEqual(part_of(name, network), expected, name)
        for name in ("ExecutorState::Process", "while/cond/_0/while/Less:Less", "trainmark stretch"):
            self.assertIsNone(part_of(name, network), name)


@unittest.skipUnless(HAS_NUMBA, "Numba is not installed")
class Numba(unittest.TestCase):
    def test_every_kernel_has_a_word(self):
        import inspect

        from trainmark_numba import cuda_kernels, kernels
        from trainmark_numba.operations import word_of

        names = [name for name, function in vars(kernels).items() if inspect.isfunction(function) and function.__module__ == kernels.__name__ and not name.startswith("_")]
        self.assertGreater(len(names), 20)
        for name in [*names, "conv_forward", "conv_weights", "conv_data"]:
            Part(word_of(name), "forward")
        self.assertIsNotNone(cuda_kernels.BLOCKS)


if __name__ == "__main__":
    unittest.main()
