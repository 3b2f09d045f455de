// hostile_subjects.hpp: every structure as something that is published, damaged and used.
#pragma once
#include <cstdint>
#include <map>
#include <stoa/segment.hpp>
#include <string>

#include "hostile.hpp"
#include "hostile_users.hpp"

namespace stoa::testing {

struct subject {
  void (*publish)(segment const&);  // under the name "it"
  user (*attach)(segment const&);
};
std::map<std::string, subject> const& subjects();

// A small segment with nothing else in it, as a process that was killed leaves it.
specimen specimen_with(subject const& what);

// While it exists, nobody may touch what lies behind the only structure of a segment, whatever its bytes say. Only a
// damaged entry may say that it lies elsewhere.
class fenced {
 public:
  fenced(segment const& in, std::uint64_t structure_end, bool is_entry_damaged);
  fenced(fenced const&) = delete;
  fenced& operator=(fenced const&) = delete;
  ~fenced();

 private:
  std::byte* begin_;
  std::size_t bytes_ = 0;
};

// As those do who do not know the type.
void look_at_entries(segment const& in);

}  // namespace stoa::testing
