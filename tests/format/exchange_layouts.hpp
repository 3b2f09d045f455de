// exchange_layouts.hpp: where the structs of an exchange have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/exchange.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_exchange_layouts(std::map<std::string, struct_layout>& out) {
  {
    using type = exchange_header;
    out["exchange_header"] = layout_of<type>({
        {"slots", offsetof(type, slots), sizeof(type::slots)},
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"first_generation", offsetof(type, first_generation), sizeof(type::first_generation)},
        {"directions", offsetof(type, directions), sizeof(type::directions)},
        {"after_server_death", offsetof(type, after_server_death), sizeof(type::after_server_death)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = exchange_direction;
    out["exchange_direction"] = layout_of<type>({
        {"servers", offsetof(type, servers), sizeof(type::servers)},
        {"callers", offsetof(type, callers), sizeof(type::callers)},
        {"timeouts", offsetof(type, timeouts), sizeof(type::timeouts)},
        {"lost", offsetof(type, lost), sizeof(type::lost)},
        {"failures", offsetof(type, failures), sizeof(type::failures)},
        {"refusals", offsetof(type, refusals), sizeof(type::refusals)},
        {"places", offsetof(type, places), sizeof(type::places)},
    });
  }
  {
    using type = request_head;
    out["request_head"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"size", offsetof(type, size), sizeof(type::size)},
        {"type", offsetof(type, type), sizeof(type::type)},
    });
  }
  {
    using type = response_head;
    out["response_head"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"size", offsetof(type, size), sizeof(type::size)},
        {"sleeper", offsetof(type, sleeper), sizeof(type::sleeper)},
    });
  }
  {
    using type = slot_service;
    out["slot_service"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
    });
  }
  {
    using type = slot_owner;
    out["slot_owner"] = layout_of<type>({
        {"owner", offsetof(type, owner), sizeof(type::owner)},
    });
  }
}

}  // namespace stoa::testing
