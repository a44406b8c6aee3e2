// The same rows in a store of each kind, for checks of what all kinds promise alike.
//
// A kind that comes later is one line of `kinds` in kept_rows.cpp. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::tests {

// What the key of a row is.
enum class KeyShape { Number, Text, NumberAndText };

struct Item {
  std::int64_t number = 0;
  std::string text;
  std::optional<std::string> note;  // does not fit its type where it has more than five characters

  bool operator==(const Item&) const = default;
};

class KeptRows {
 public:
  virtual ~KeptRows() = default;

  virtual void put(const Item& item) = 0;     // REQUIRES: its key is new
  virtual void remove(const Item& item) = 0;  // by its key
  // Of the dataset that these rows are.
  virtual runtime::KeysetReader reader() = 0;

  const plan::Entity& entity() const { return plan_.entities[0]; }

 protected:
  KeptRows(plan::Dataset dataset, plan::StoreKind kind, KeyShape key);

  plan::Plan plan_;
};

struct Kind {
  const char* name;
  std::unique_ptr<KeptRows> (*empty)(KeyShape key);  // without a row
};
const std::vector<Kind>& kinds();

}  // namespace mig::tests
