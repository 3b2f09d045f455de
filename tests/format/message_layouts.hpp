// message_layouts.hpp: where the structs of a message_ring have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/message_chunk.hpp>
#include <stoa/message_ring.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_message_layouts(std::map<std::string, struct_layout>& out) {
  {
    using type = message_ring_header;
    out["message_ring_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"first_position", offsetof(type, first_position), sizeof(type::first_position)},
        {"delivery", offsetof(type, delivery), sizeof(type::delivery)},
        {"when_full", offsetof(type, when_full), sizeof(type::when_full)},
        {"checksum", offsetof(type, checksum), sizeof(type::checksum)},
        {"timestamps", offsetof(type, timestamps), sizeof(type::timestamps)},
        {"readers", offsetof(type, readers), sizeof(type::readers)},
        {"blocks", offsetof(type, blocks), sizeof(type::blocks)},
        {"block_bytes", offsetof(type, block_bytes), sizeof(type::block_bytes)},
        {"largest_in_record", offsetof(type, largest_in_record), sizeof(type::largest_in_record)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"tail", offsetof(type, tail), sizeof(type::tail)},
        {"head", offsetof(type, head), sizeof(type::head)},
        {"recall", offsetof(type, recall), sizeof(type::recall)},
        {"free", offsetof(type, free), sizeof(type::free)},
        {"receivers", offsetof(type, receivers), sizeof(type::receivers)},
        {"producers", offsetof(type, producers), sizeof(type::producers)},
        {"send_refusals", offsetof(type, send_refusals), sizeof(type::send_refusals)},
        {"lost", offsetof(type, lost), sizeof(type::lost)},
        {"receive_refusals", offsetof(type, receive_refusals), sizeof(type::receive_refusals)},
        {"corrupt", offsetof(type, corrupt), sizeof(type::corrupt)},
    });
  }
  {
    using type = reader_place;
    out["reader_place"] = layout_of<type>({
        {"owner", offsetof(type, owner), sizeof(type::owner)},
        {"position", offsetof(type, position), sizeof(type::position)},
        {"is_set", offsetof(type, is_set), sizeof(type::is_set)},
    });
  }
  {
    using type = chunk_header;
    out["chunk_header"] = layout_of<type>({
        {"writer", offsetof(type, writer), sizeof(type::writer)},
        {"number", offsetof(type, number), sizeof(type::number)},
        {"offset", offsetof(type, offset), sizeof(type::offset)},
        {"flags", offsetof(type, flags), sizeof(type::flags)},
        {"magic", offsetof(type, magic), sizeof(type::magic)},
    });
  }
  {
    using type = record_header;
    out["record_header"] = layout_of<type>({
        {"size_type", offsetof(type, size_type), sizeof(type::size_type)},
        {"timestamp", offsetof(type, timestamp), sizeof(type::timestamp)},
        {"checksum", offsetof(type, checksum), sizeof(type::checksum)},
        {"block", offsetof(type, block), sizeof(type::block)},
    });
  }
}

}  // namespace stoa::testing
