// Whether what clients saw of one row can be explained by one register that changes at single
// moments, each between the begin and the end of the operation that changed it.
//
// Linearizability (Herlihy and Wing 1990), decided by the search of Wing and Gong with Lowe's
// memory of states that were seen (Lowe 2017, "Testing for linearizability"). A row whose writes
// were lost or that came back from the dead has no explanation; `name_of_fault` says which it was
// where the history shows it plainly. Pure.
#pragma once

#include <string>

#include "tests/app/history.hpp"

namespace mig::app {

struct RowStory {
  Cell first;          // before the first operation
  Cell last;           // on the authority, after the last one
  History operations;  // of one key, in any order
};

// True where an order exists in which every acknowledged operation happened once, between its begin
// and its end, every failed one never, and every unknown one once after its begin or never.
bool is_explained(const RowStory& story);

// `lost write`: an acknowledged write that nothing later could have replaced is not there.
// `resurrection`: a value is seen after an acknowledged delete that began when its write had ended.
// Otherwise `not linearizable`; empty where the story is explained.
std::string name_of_fault(const RowStory& story);

}  // namespace mig::app
