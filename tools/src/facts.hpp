// facts.hpp: what ls and show both tell about a segment.
#pragma once
#include <cstdint>
#include <stoa/segment.hpp>
#include <string>
#include <string_view>

#include "json_writer.hpp"

namespace stoa::tools {

struct segment_facts {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t used = 0;  // tables and what entries cover
  std::uint64_t attached = 0;
  std::uint64_t dead = 0;  // places of killed processes, not yet used again
  stoa::lifetime lifetime = stoa::lifetime::reference_counted;
  std::uint64_t created_ns = 0;  // since 1970
  std::uint64_t creator_pid = 0;
};

segment_facts facts_of(segment const& where);
segment_facts facts_of(segment const& where, snapshot<participant> const& participants);
// As members of the object that was begun.
void write_facts(json_writer& json, segment_facts const& facts);
std::string_view words_for(stoa::lifetime lifetime);

}  // namespace stoa::tools
