#include "runtime/data/set_aside.hpp"

#include <limits>
#include <utility>

#include "runtime/stores/control.hpp"
#include "runtime/stores/store_letters.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEveryLetter = std::numeric_limits<std::int32_t>::max();

}  // namespace

Result<SetAside> SetAside::open(Stores& stores, const plan::Plan& plan, std::string run) {
  SetAside found(std::move(run), plan.at(plan.from).name);
  MIG_ASSIGN(there, stores.reading(plan.at(plan.to.front()).store));
  if (there.sql() != nullptr) {
    MIG_ASSIGN(has_letters, has_control_tables(*there.sql()));
    if (has_letters) found.letters_ = there.sql();
    return found;
  }
  MIG_ASSIGN(letters, open_dead_letters(there, found.run_, kEveryLetter));
  for (DeadLetter& letter : letters) {
    if (letter.dataset == found.dataset_) found.keys_.insert(std::move(letter.key));
  }
  return found;
}

Result<bool> SetAside::has_any() const {
  if (letters_ == nullptr) return !keys_.empty();
  return has_open_letters(*letters_, run_, dataset_);
}

Result<std::set<std::string>> SetAside::among(const Page& page) const {
  if (letters_ != nullptr)
    return open_letters_among(*letters_, run_, dataset_, page.keys, page.rows.rows);
  std::set<std::string> found;
  for (std::size_t row = 0; row < page.rows.rows && !keys_.empty(); ++row) {
    if (keys_.contains(page.keys[row])) found.insert(page.keys[row]);
  }
  return found;
}

}  // namespace mig::runtime
