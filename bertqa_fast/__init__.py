"""Layer-wise attributions for BERT readers and classifiers, computed by a C++ engine on ONNX Runtime.

Layer ``l`` (0 to L-1) is the output of encoder block ``l``; ``"embeddings"`` (or -1) is the output of the
embeddings. Hugging Face's ``hidden_states[k]`` is layer ``k - 1``.
"""

from bertqa_fast.attribution.attention_tracing import attention_tracing
from bertqa_fast.attribution.gradients import gradients
from bertqa_fast.attribution.integrated_gradients import integrated_gradients
from bertqa_fast.attribution.profile import Profile
from bertqa_fast.attribution.relevance import relevance
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.checkpoints.tf_import import TFImport, import_tf
from bertqa_fast.data.cmrc import read_cmrc
from bertqa_fast.data.duorc import read_duorc
from bertqa_fast.data.examples import Answer, QAExample, TextExample
from bertqa_fast.data.labelled import read_sst, read_tsv
from bertqa_fast.data.squad import read_squad
from bertqa_fast.device import DeviceInfo, devices
from bertqa_fast.errors import (
    BertqaError,
    ConvergenceWarning,
    DeviceUnavailableError,
    EngineError,
    ExportError,
    RuntimeLoadError,
)
from bertqa_fast.graphs.exporter import export
from bertqa_fast.model import Model, load
from bertqa_fast.tasks.classify import ClassPrediction
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.finetune import TrainingReport, finetune
from bertqa_fast.tasks.predict import Prediction, predict
from bertqa_fast.tasks.scores import Scores
from bertqa_fast.zones.attention_map import AttentionMap, attention_map
from bertqa_fast.zones.grid import zone_grid
from bertqa_fast.zones.mask import mask_attention
from bertqa_fast.zones.result import ZoneGrid

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AttentionMap",
    "Attribution",
    "BertqaError",
    "ClassPrediction",
    "ConvergenceWarning",
    "DeviceInfo",
    "DeviceUnavailableError",
    "EngineError",
    "ExportError",
    "LayerAttributions",
    "Model",
    "Prediction",
    "Profile",
    "QAExample",
    "RuntimeLoadError",
    "Scores",
    "TFImport",
    "TextExample",
    "TrainingReport",
    "ZoneGrid",
    "attention_map",
    "attention_tracing",
    "devices",
    "evaluate",
    "export",
    "finetune",
    "gradients",
    "import_tf",
    "integrated_gradients",
    "load",
    "mask_attention",
    "predict",
    "read_cmrc",
    "read_duorc",
    "read_squad",
    "read_sst",
    "read_tsv",
    "relevance",
    "zone_grid",
]
