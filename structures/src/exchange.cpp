#include <fmt/format.h>

#include <stoa/exchange.hpp>

namespace stoa {

result<exchange> exchange::adopt(std::shared_ptr<attached_entry> entry) {
  auto bytes = exchange_bytes::adopt(entry->view());
  if (!bytes) return bytes.error();
  return exchange{std::move(entry), *bytes};
}

exchange_way exchange::way(side whose) const {
  if (whose != side::front && !is_two_way())
    throw error{{errc::invalid_argument,
                 fmt::format("{}: it has one direction: calls from the front", entry_->where())}};
  return bytes_.way(whose);
}

exchange_client exchange::client(side whose) const {
  require_writable(*entry_, "call");
  return exchange_client{internal::desk_ptr{new internal::exchange_desk{entry_, way(whose)}}};
}

exchange_server exchange::server(side whose) const { return exchange_server{entry_, way(whose)}; }

}  // namespace stoa
