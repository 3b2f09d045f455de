// stoa/verify.hpp: what segment::verify() finds out about the bytes of a segment.
//
//   for (auto const& each : market.verify().findings) std::puts(each.text().c_str());
//
// Looked at are the tables of the segment and all structures of the kinds this process knows: everything that the
// format says and that bytes can show (docs/verify.md). Nothing is written, not a byte, and nobody is waited for.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace stoa {

enum class severity : std::uint8_t {
  note,    // what somebody who died left behind, and the next ones put right; or what cannot be looked at
  damage,  // what no process leaves behind, wherever it is killed
};

// Who may change the segment while it is verified. Some things cannot be seen while bytes move: that an element
// has no owner, for example. They are looked at if nobody else is attached, or if the caller says so.
enum class others : std::uint8_t {
  may_work,
  stand_still,  // the caller knows: those who are attached are stopped, or idle
};

struct finding {
  stoa::severity severity = stoa::severity::damage;
  std::string structure;     // its name; empty: the segment itself
  std::string kind;          // of that structure
  std::string field;         // "tail", "slot 3"
  std::uint64_t offset = 0;  // of that field, from the start of the segment
  std::string expected;      // empty in a note
  std::string found;
  // All of it, in one line.
  std::string text() const;
  friend bool operator==(finding const&, finding const&) = default;
};

struct verification {
  std::vector<finding> findings;  // in the order of the bytes
  std::uint64_t structures = 0;   // that were looked at
  bool was_still = false;         // nobody worked on the segment meanwhile, so that everything could be looked at
  bool is_clean() const noexcept;  // no damage
};

}  // namespace stoa
