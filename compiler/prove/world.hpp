// What a run has done to the rows and the routes of one migration, as far as safety goes.
//
// Used by the search, which tries everything that may happen to it. A world stands for one row that
// clients read and write: what holds for any row holds for this one. Plain data.
#pragma once

#include <cstdint>

namespace mig::compiler::prove {

// What one side knows of what clients were told is safe.
struct SideWorld {
  bool lost : 1 = false;  // a write that was acknowledged is missing, and nobody brings it
  bool late : 1 = false;  // one is missing that the other side's changelog still holds
  bool operator==(const SideWorld&) const = default;
};

struct World {
  std::uint32_t tables = 0;    // bit 0: the old side's; bit i: that of the i-th target
  std::uint32_t leftover = 0;  // targets that may hold rows of an earlier run
  // The step whose statement holds, counted from 1; 0: what held before the plan.
  std::uint16_t writes = 0;
  std::uint16_t reads = 0;
  // Which of the shares of writes is the first that moves the row, of a plan that moves them key by
  // key.
  std::uint16_t bucket = 0;
  SideWorld old_side;
  SideWorld new_side;
  bool uncopied : 1 = true;      // rows from before the plan are not on the new side
  bool holds_row : 1 = false;    // the new side has the row at all, in whatever version
  bool copying : 1 = false;      // a copy is at work
  bool gap : 1 = false;          // a write has passed the new side by since the copy began
  bool overwritten : 1 = false;  // a copy at work has read what a client has changed since
  bool watched : 1 = false;      // a gate has looked at the traffic as it is routed now
  bool seen_new : 1 = false;     // the client of the row was answered by the new side
  bool sent_back : 1 = false;    // and has been sent back to the old one since, by a narrower share
  bool backed_up : 1 = false;    // there is a backup of the old side
  bool defect : 1 = false;       // the new side does not do for clients what it should
  bool half : 1 = false;         // a copy at work has been stopped between two of its stores
  bool sent : 1 = false;         // the router has sent a write of the row to both sides
  bool operator==(const World&) const = default;

  // What waits in a changelog is carried over: the row as it is now, whole.
  void catch_up() {
    if (new_side.late) holds_row = true;
    for (SideWorld* side : {&old_side, &new_side}) {
      if (side->late) *side = {};
    }
  }
  // Nobody reads the changelog any more.
  void forget() {
    for (SideWorld* side : {&old_side, &new_side})
      *side = {.lost = side->lost || side->late};
  }

  // All that is true or false, packed.
  std::uint32_t flags() const {
    const bool all[] = {old_side.lost, old_side.late, new_side.lost, new_side.late,
                        uncopied,      holds_row,     copying,       gap,
                        overwritten,   watched,       seen_new,      sent_back,
                        backed_up,     defect,        half,          sent};
    std::uint32_t packed = 0;
    for (const bool flag : all)
      packed = packed << 1 | std::uint32_t{flag};
    return packed;
  }
};

// What a client would be harmed by.
enum class Harm : std::uint8_t {
  WriteToNothing,  // a write goes to a table that is not there
  ReadOfNothing,   // a read is served from a table that is not there
  ReadMisses,      // a read misses an acknowledged write
  ReadUncopied,    // a read misses rows that were there before the plan
  ReadLate,        // a read is further behind than its `stale_ok`
  ReadLeftover,    // a read finds a row of an earlier run
  Narrowed,        // a table refuses what clients write, or lacks what they ask for
  TakenInUse,      // a table goes, or is emptied, while clients use it
  NoWayBack,       // the way back meets a step that nothing undoes
  Stuck,           // behind the point of no return something is refused: neither on nor back
  MovedBack,       // a client is sent back to the old side while everything goes well
  EverybodyHit,    // a defect meets all clients before anybody has looked
  NothingToGoTo,   // a defect is seen when the old side has gone
  DoneTwice,       // what a client asked for once is done twice
};

}  // namespace mig::compiler::prove
