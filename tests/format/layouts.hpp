// layouts.hpp: where the library's structs have their members, as the compiler lays them out.
#pragma once
#include <map>
#include <string>

#include "channel_layouts.hpp"
#include "element_layouts.hpp"
#include "exchange_layouts.hpp"
#include "message_layouts.hpp"
#include "segment_layouts.hpp"
#include "sync_layouts.hpp"

namespace stoa::testing {

inline std::map<std::string, struct_layout> layouts_in_code() {
  std::map<std::string, struct_layout> out;
  add_channel_layouts(out);
  add_element_layouts(out);
  add_exchange_layouts(out);
  add_message_layouts(out);
  add_segment_layouts(out);
  add_sync_layouts(out);
  return out;
}

}  // namespace stoa::testing
