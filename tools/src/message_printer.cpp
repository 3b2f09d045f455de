#include "message_printer.hpp"

#include "element_printer.hpp"

namespace stoa::tools {

void print_message(output& out, watched_message const& each, notation how) {
  bool const is_json = how == notation::json;
  std::string_view const content{reinterpret_cast<char const*>(each.bytes.data()), each.bytes.size()};
  bool const as_text = is_text(content);
  if (is_json) {
    out.format(R"({{"sequence": {}, "type": {}, "timestamp_ns": {}, "{}": )", each.sequence, each.type, each.timestamp,
               as_text ? "text" : "bytes");
  } else {
    out.format("{{sequence: {}, type: {}, data: ", each.sequence, each.type);
  }
  if (as_text) {
    out.write(quoted(content, how));
  } else {
    type_tree opaque;
    opaque.bytes = each.bytes.size();
    element_printer{out, how}.print(opaque, each.bytes);
  }
  out.write("}");
}

}  // namespace stoa::tools
