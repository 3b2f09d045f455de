// segment_layouts.hpp: where the structs of a segment have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/segment.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_segment_layouts(std::map<std::string, struct_layout>& out) {
  {
    using type = segment_header;
    out["segment_header"] = layout_of<type>({
        {"magic", offsetof(type, magic), sizeof(type::magic)},
        {"version", offsetof(type, version), sizeof(type::version)},
        {"byte_order", offsetof(type, byte_order), sizeof(type::byte_order)},
        {"header_bytes", offsetof(type, header_bytes), sizeof(type::header_bytes)},
        {"features", offsetof(type, features), sizeof(type::features)},
        {"total_bytes", offsetof(type, total_bytes), sizeof(type::total_bytes)},
        {"max_entries", offsetof(type, max_entries), sizeof(type::max_entries)},
        {"max_participants", offsetof(type, max_participants), sizeof(type::max_participants)},
        {"max_lanes", offsetof(type, max_lanes), sizeof(type::max_lanes)},
        {"name_slots", offsetof(type, name_slots), sizeof(type::name_slots)},
        {"participants_offset", offsetof(type, participants_offset),
         sizeof(type::participants_offset)},
        {"attachments_offset", offsetof(type, attachments_offset),
         sizeof(type::attachments_offset)},
        {"lanes_offset", offsetof(type, lanes_offset), sizeof(type::lanes_offset)},
        {"name_words_offset", offsetof(type, name_words_offset), sizeof(type::name_words_offset)},
        {"entries_offset", offsetof(type, entries_offset), sizeof(type::entries_offset)},
        {"extents_offset", offsetof(type, extents_offset), sizeof(type::extents_offset)},
        {"lifetime", offsetof(type, lifetime), sizeof(type::lifetime)},
        {"creator_pid", offsetof(type, creator_pid), sizeof(type::creator_pid)},
        {"created_ns", offsetof(type, created_ns), sizeof(type::created_ns)},
        {"segment_id", offsetof(type, segment_id), sizeof(type::segment_id)},
        {"checksum", offsetof(type, checksum), sizeof(type::checksum)},
        {"bump", offsetof(type, bump), sizeof(type::bump)},
        {"lanes_used", offsetof(type, lanes_used), sizeof(type::lanes_used)},
    });
  }
  {
    using type = participant_record;
    out["participant_record"] = layout_of<type>({
        {"generation", offsetof(type, generation), sizeof(type::generation)},
        {"pid", offsetof(type, pid), sizeof(type::pid)},
        {"start_time", offsetof(type, start_time), sizeof(type::start_time)},
        {"attached_ns", offsetof(type, attached_ns), sizeof(type::attached_ns)},
        {"name", offsetof(type, name), sizeof(type::name)},
        {"unused", offsetof(type, unused), sizeof(type::unused)},
    });
  }
  {
    using type = lane;
    out["lane"] = layout_of<type>({
        {"owner", offsetof(type, owner), sizeof(type::owner)},
        {"unused", offsetof(type, unused), sizeof(type::unused)},
        {"intent", offsetof(type, intent), sizeof(type::intent)},
        {"leases", offsetof(type, leases), sizeof(type::leases)},
    });
  }
  {
    using type = lane_name;
    out["lane_name"] = layout_of<type>({
        {"what", offsetof(type, what), sizeof(type::what)},
        {"ticket", offsetof(type, ticket), sizeof(type::ticket)},
    });
  }
  {
    using type = entry_record;
    out["entry_record"] = layout_of<type>({
        {"name", offsetof(type, name), sizeof(type::name)},
        {"kind", offsetof(type, kind), sizeof(type::kind)},
        {"layout", offsetof(type, layout), sizeof(type::layout)},
        {"element_align", offsetof(type, element_align), sizeof(type::element_align)},
        {"element_bytes", offsetof(type, element_bytes), sizeof(type::element_bytes)},
        {"extent_offset", offsetof(type, extent_offset), sizeof(type::extent_offset)},
        {"extent_bytes", offsetof(type, extent_bytes), sizeof(type::extent_bytes)},
        {"body_bytes", offsetof(type, body_bytes), sizeof(type::body_bytes)},
        {"descriptor_offset", offsetof(type, descriptor_offset), sizeof(type::descriptor_offset)},
        {"descriptor_bytes", offsetof(type, descriptor_bytes), sizeof(type::descriptor_bytes)},
        {"creator_pid", offsetof(type, creator_pid), sizeof(type::creator_pid)},
        {"descriptor_hash", offsetof(type, descriptor_hash), sizeof(type::descriptor_hash)},
        {"created_ns", offsetof(type, created_ns), sizeof(type::created_ns)},
        {"unused", offsetof(type, unused), sizeof(type::unused)},
    });
  }
  {
    using type = wait_flag;
    out["wait_flag"] = layout_of<type>({
        {"sleepers", offsetof(type, sleepers), sizeof(type::sleepers)},
    });
  }
}

}  // namespace stoa::testing
