// channel_layouts.hpp: where the structs of a channel have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/channel_ring.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_channel_layouts(std::map<std::string, struct_layout>& out) {
  {
    using type = channel_header;
    out["channel_header"] = layout_of<type>({
        {"clients", offsetof(type, clients), sizeof(type::clients)},
        {"ring_bytes", offsetof(type, ring_bytes), sizeof(type::ring_bytes)},
        {"first_position", offsetof(type, first_position), sizeof(type::first_position)},
        {"lowest_version", offsetof(type, lowest_version), sizeof(type::lowest_version)},
        {"highest_version", offsetof(type, highest_version), sizeof(type::highest_version)},
        {"largest_message", offsetof(type, largest_message), sizeof(type::largest_message)},
        {"needed_message", offsetof(type, needed_message), sizeof(type::needed_message)},
        {"checksums", offsetof(type, checksums), sizeof(type::checksums)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"listener", offsetof(type, listener), sizeof(type::listener)},
        {"accepted", offsetof(type, accepted), sizeof(type::accepted)},
        {"refused", offsetof(type, refused), sizeof(type::refused)},
        {"listeners", offsetof(type, listeners), sizeof(type::listeners)},
        {"clients_waiting", offsetof(type, clients_waiting), sizeof(type::clients_waiting)},
    });
  }
  {
    using type = channel_place;
    out["channel_place"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"client", offsetof(type, client), sizeof(type::client)},
        {"server", offsetof(type, server), sizeof(type::server)},
        {"versions", offsetof(type, versions), sizeof(type::versions)},
        {"largest_message", offsetof(type, largest_message), sizeof(type::largest_message)},
        {"needed_message", offsetof(type, needed_message), sizeof(type::needed_message)},
        {"checksums", offsetof(type, checksums), sizeof(type::checksums)},
        {"agreed_version", offsetof(type, agreed_version), sizeof(type::agreed_version)},
        {"agreed_largest", offsetof(type, agreed_largest), sizeof(type::agreed_largest)},
        {"agreed_checksum", offsetof(type, agreed_checksum), sizeof(type::agreed_checksum)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"to_server", offsetof(type, to_server), sizeof(type::to_server)},
        {"to_client", offsetof(type, to_client), sizeof(type::to_client)},
    });
  }
  {
    using type = channel_stream;
    out["channel_stream"] = layout_of<type>({
        {"sent", offsetof(type, sent), sizeof(type::sent)},
        {"send_refusals", offsetof(type, send_refusals), sizeof(type::send_refusals)},
        {"read", offsetof(type, read), sizeof(type::read)},
        {"received", offsetof(type, received), sizeof(type::received)},
        {"receiver", offsetof(type, receiver), sizeof(type::receiver)},
        {"sender", offsetof(type, sender), sizeof(type::sender)},
    });
  }
  {
    using type = channel_record;
    out["channel_record"] = layout_of<type>({
        {"mark", offsetof(type, mark), sizeof(type::mark)},
        {"label", offsetof(type, label), sizeof(type::label)},
    });
  }
}

}  // namespace stoa::testing
