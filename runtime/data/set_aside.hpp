// Which source rows are set aside (dead letters), asked page by page: a comparison leaves them out.
// Reads only; one thread, like the stores, which outlive it.
#pragma once

#include <set>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class SetAside {
 public:
  // `run`: whose letters count; any run's where it is empty.
  static Result<SetAside> open(Stores& stores, const plan::Plan& plan, std::string run);

  // Whether any row is now.
  Result<bool> has_any() const;
  // The rows of the page that are, by their places.
  Result<std::set<std::string>> among(const Page& page) const;

 private:
  SetAside(std::string run, std::string dataset)
      : run_(std::move(run)), dataset_(std::move(dataset)) {}

  std::string run_;
  std::string dataset_;
  const Database* letters_ = nullptr;  // null where there are none to look for
  std::set<std::string> keys_;         // of a Redis, which is not asked for each page
};

}  // namespace mig::runtime
