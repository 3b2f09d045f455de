#include "facts.hpp"

#include <algorithm>

namespace stoa::tools {

segment_facts facts_of(segment const& where) { return facts_of(where, where.participants()); }

segment_facts facts_of(segment const& where, snapshot<participant> const& participants) {
  segment_facts facts;
  facts.name = where.name();
  facts.size = where.size();
  facts.used = where.size() - std::min(where.size(), where.free_bytes());
  facts.attached = static_cast<std::uint64_t>(std::ranges::count_if(participants, &participant::alive));
  facts.dead = participants.size() - facts.attached;
  facts.lifetime = where.lifetime();
  auto const& header = where.attachment().map().header();
  facts.created_ns = header.created_ns;
  facts.creator_pid = header.creator_pid;
  return facts;
}

void write_facts(json_writer& json, segment_facts const& facts) {
  json.member("name", facts.name);
  json.member("size", facts.size);
  json.member("used", facts.used);
  json.member("attached", facts.attached);
  json.member("dead", facts.dead);
  json.member("lifetime", facts.lifetime == lifetime::persistent ? "persistent" : "reference_counted");
  json.member("created_ns", facts.created_ns);
  json.member("creator_pid", facts.creator_pid);
}

std::string_view words_for(stoa::lifetime lifetime) {
  return lifetime == lifetime::persistent ? "persistent" : "reference counted";
}

}  // namespace stoa::tools
