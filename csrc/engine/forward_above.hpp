// Forward runs from given hidden states: the blocks above a layer, and the head.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/forward.hpp"
#include "engine/model.hpp"
#include "engine/sequences.hpp"
#include "runtime/value.hpp"

namespace bertqa::engine {

// Runs every sequence once from its states at the output of `layer` (-1: of the embeddings); the result has
// no hidden states. `rows_per_batch` 0 lets memory decide.
ForwardResult forward_above(Model& model, int layer, const HiddenStates& states, std::size_t rows_per_batch,
                            const Progress& progress);

// Logits, in the order of Head::outputs, from states [E, T, H] at the output of `layer`, with
// `attention_mask` [E, T]. `last`: gives the arena's free memory back.
std::vector<runtime::Value> logits_above(Model& model, int layer, const runtime::Value& hidden,
                                         const runtime::Value& attention_mask, bool last,
                                         Statistics& statistics);

}  // namespace bertqa::engine
