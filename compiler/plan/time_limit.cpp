#include "compiler/plan/time_limit.hpp"

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

using Limit = std::optional<Duration>;

constexpr Duration kSaid = std::chrono::minutes(10);     // one small transaction, or nothing at all
constexpr Duration kShaped = std::chrono::hours(1);      // a table may be rewritten, or a log read
constexpr Duration kMoved = std::chrono::hours(7 * 24);  // every row, at whatever pace

}  // namespace

std::optional<Duration> time_limit(const Action& action) {
  return std::visit(Overloaded{
                        [](const Create&) { return Limit(kShaped); },
                        [](const AddField&) { return Limit(kShaped); },
                        [](const AddIndex&) { return Limit(kShaped); },
                        [](const DropField&) { return Limit(kShaped); },
                        [](const Drop&) { return Limit(kShaped); },
                        [](const Purge&) { return Limit(kShaped); },
                        [](const Sql&) { return Limit(kShaped); },
                        [](const Backup&) { return Limit(kMoved); },
                        [](const Copy&) { return Limit(kMoved); },
                        [](const Verify&) { return Limit(kMoved); },
                        [](const RouteWrites&) { return Limit(kSaid); },
                        [](const RouteReads&) { return Limit(kSaid); },
                        [](const Rehearse&) { return Limit(kShaped); },
                        [](const Leave&) { return Limit(kShaped); },
                        [](const Shadow&) { return Limit(kSaid); },
                        [](const Parity&) { return Limit(kShaped); },
                        [](const Freeze&) { return Limit(kSaid); },
                        [](const Capture&) { return Limit(kShaped); },
                        [](const Accept&) { return Limit(kSaid); },
                        [](const PointOfNoReturn&) { return Limit(kSaid); },
                        [](const Hold&) { return Limit(); },
                        [](const Approve&) { return Limit(); },
                    },
                    action);
}

}  // namespace mig::plan
