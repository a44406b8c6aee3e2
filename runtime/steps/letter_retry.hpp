// Gives rows with an open dead letter another chance: somebody may have mended them since.
//
// A row that now becomes what the plan says is written beside the others and its letter is closed
// in the same transaction; a row that is gone from the old side needs no letter either. Used where
// a person or the plan asks for a repair; one thread, a page of letters a slice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/data/carry.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

class LetterRetry {
 public:
  static Result<LetterRetry> open(World& world, plan::StepId step);

  // A page of letters, in one effect of the step. True when every open letter was tried since the
  // last one closed.
  Result<bool> advance(World& world);
  std::int64_t closed() const { return closed_; }

 private:
  LetterRetry(const plan::Plan& plan, plan::StepId step, KeysetReader reader)
      : step_(step), reader_(std::move(reader)), carrier_(std::make_unique<Carrier>(plan)) {}
  // True where nothing is left of the reason for the letter.
  Result<bool> is_mended(const World& world, Effect& effect, const std::string& key);

  plan::StepId step_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::unique_ptr<ChunkWriter> chunk_;
  Page page_;
  std::string after_;
  std::int64_t closed_ = 0;
  std::int64_t closed_before_ = 0;  // the pass over the letters that is going on
};

}  // namespace mig::runtime
