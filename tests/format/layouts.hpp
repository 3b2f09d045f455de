// layouts.hpp: where the library's structs have their members, as the compiler lays them out.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/stoa.hpp>
#include <string>

#include "channel_layouts.hpp"
#include "exchange_layouts.hpp"
#include "layout.hpp"

namespace stoa::testing {

inline std::map<std::string, struct_layout> layouts_in_code() {
  std::map<std::string, struct_layout> out;
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
  {
    using type = array_header;
    out["array_header"] = layout_of<type>({
        {"size", offsetof(type, size), sizeof(type::size)},
        {"element_bytes", offsetof(type, element_bytes), sizeof(type::element_bytes)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = value_header;
    out["value_header"] = layout_of<type>({
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"buffer_bytes", offsetof(type, buffer_bytes), sizeof(type::buffer_bytes)},
        {"buffers", offsetof(type, buffers), sizeof(type::buffers)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"state", offsetof(type, state), sizeof(type::state)},
    });
  }
  {
    using type = value_buffer;
    out["value_buffer"] = layout_of<type>({
        {"owner", offsetof(type, owner), sizeof(type::owner)},
        {"sequence", offsetof(type, sequence), sizeof(type::sequence)},
    });
  }
  {
    using type = slot_layout;
    out["slot_layout"] = layout_of<type>({
        {"slot_bytes", offsetof(type, slot_bytes), sizeof(type::slot_bytes)},
        {"payload_offset", offsetof(type, payload_offset), sizeof(type::payload_offset)},
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"payload_align", offsetof(type, payload_align), sizeof(type::payload_align)},
    });
  }
  {
    using type = spsc_queue_header;
    out["spsc_queue_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"first_ticket", offsetof(type, first_ticket), sizeof(type::first_ticket)},
        {"layout", offsetof(type, layout), sizeof(type::layout)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"producer", offsetof(type, producer), sizeof(type::producer)},
        {"tail", offsetof(type, tail), sizeof(type::tail)},
        {"high_water", offsetof(type, high_water), sizeof(type::high_water)},
        {"push_refusals", offsetof(type, push_refusals), sizeof(type::push_refusals)},
        {"consumer", offsetof(type, consumer), sizeof(type::consumer)},
        {"head", offsetof(type, head), sizeof(type::head)},
        {"pop_refusals", offsetof(type, pop_refusals), sizeof(type::pop_refusals)},
        {"consumer_wait", offsetof(type, consumer_wait), sizeof(type::consumer_wait)},
        {"producer_wait", offsetof(type, producer_wait), sizeof(type::producer_wait)},
    });
  }
  {
    using type = queue_header;
    out["queue_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"first_ticket", offsetof(type, first_ticket), sizeof(type::first_ticket)},
        {"layout", offsetof(type, layout), sizeof(type::layout)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"tail", offsetof(type, tail), sizeof(type::tail)},
        {"head", offsetof(type, head), sizeof(type::head)},
        {"recall", offsetof(type, recall), sizeof(type::recall)},
        {"consumers", offsetof(type, consumers), sizeof(type::consumers)},
        {"producers", offsetof(type, producers), sizeof(type::producers)},
        {"recovery", offsetof(type, recovery), sizeof(type::recovery)},
        {"high_water", offsetof(type, high_water), sizeof(type::high_water)},
        {"push_refusals", offsetof(type, push_refusals), sizeof(type::push_refusals)},
        {"pop_refusals", offsetof(type, pop_refusals), sizeof(type::pop_refusals)},
    });
  }
  {
    using type = stack_header;
    out["stack_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"payload_offset", offsetof(type, payload_offset), sizeof(type::payload_offset)},
        {"node_bytes", offsetof(type, node_bytes), sizeof(type::node_bytes)},
        {"first_tag", offsetof(type, first_tag), sizeof(type::first_tag)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"top", offsetof(type, top), sizeof(type::top)},
        {"free", offsetof(type, free), sizeof(type::free)},
        {"poppers", offsetof(type, poppers), sizeof(type::poppers)},
        {"pushers", offsetof(type, pushers), sizeof(type::pushers)},
        {"high_water", offsetof(type, high_water), sizeof(type::high_water)},
        {"push_refusals", offsetof(type, push_refusals), sizeof(type::push_refusals)},
        {"pop_refusals", offsetof(type, pop_refusals), sizeof(type::pop_refusals)},
    });
  }
  {
    using type = stack_node;
    out["stack_node"] = layout_of<type>({
        {"link", offsetof(type, link), sizeof(type::link)},
        {"depth", offsetof(type, depth), sizeof(type::depth)},
    });
  }
  {
    using type = bitset_header;
    out["bitset_header"] = layout_of<type>({
        {"size", offsetof(type, size), sizeof(type::size)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = ring_header;
    out["ring_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"first_position", offsetof(type, first_position), sizeof(type::first_position)},
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"slot_bytes", offsetof(type, slot_bytes), sizeof(type::slot_bytes)},
        {"mode", offsetof(type, mode), sizeof(type::mode)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"producer", offsetof(type, producer), sizeof(type::producer)},
        {"announced", offsetof(type, announced), sizeof(type::announced)},
        {"published", offsetof(type, published), sizeof(type::published)},
        {"high_water", offsetof(type, high_water), sizeof(type::high_water)},
        {"push_refusals", offsetof(type, push_refusals), sizeof(type::push_refusals)},
        {"consumed", offsetof(type, consumed), sizeof(type::consumed)},
        {"lost", offsetof(type, lost), sizeof(type::lost)},
        {"pop_refusals", offsetof(type, pop_refusals), sizeof(type::pop_refusals)},
        {"readers", offsetof(type, readers), sizeof(type::readers)},
        {"producers", offsetof(type, producers), sizeof(type::producers)},
    });
  }
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
  {
    using type = object_pool_header;
    out["object_pool_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"object_bytes", offsetof(type, object_bytes), sizeof(type::object_bytes)},
        {"first_generation", offsetof(type, first_generation), sizeof(type::first_generation)},
        {"tag", offsetof(type, tag), sizeof(type::tag)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"refusals", offsetof(type, refusals), sizeof(type::refusals)},
        {"reclaimed", offsetof(type, reclaimed), sizeof(type::reclaimed)},
        {"high_water", offsetof(type, high_water), sizeof(type::high_water)},
    });
  }
  {
    using type = pool_handle;
    out["pool_handle"] = layout_of<type>({
        {"index", offsetof(type, index), sizeof(type::index)},
        {"key", offsetof(type, key), sizeof(type::key)},
    });
  }
  {
    using type = heap_header;
    out["heap_header"] = layout_of<type>({
        {"heap_bytes", offsetof(type, heap_bytes), sizeof(type::heap_bytes)},
        {"boost_version", offsetof(type, boost_version), sizeof(type::boost_version)},
        {"mutex_bytes", offsetof(type, mutex_bytes), sizeof(type::mutex_bytes)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = map_header;
    out["map_header"] = layout_of<type>({
        {"capacity", offsetof(type, capacity), sizeof(type::capacity)},
        {"homes", offsetof(type, homes), sizeof(type::homes)},
        {"overflows", offsetof(type, overflows), sizeof(type::overflows)},
        {"bucket_bytes", offsetof(type, bucket_bytes), sizeof(type::bucket_bytes)},
        {"key_bytes", offsetof(type, key_bytes), sizeof(type::key_bytes)},
        {"value_bytes", offsetof(type, value_bytes), sizeof(type::value_bytes)},
        {"value_offset", offsetof(type, value_offset), sizeof(type::value_offset)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"hint", offsetof(type, hint), sizeof(type::hint)},
        {"refusals", offsetof(type, refusals), sizeof(type::refusals)},
    });
  }
  {
    using type = map_bucket;
    out["map_bucket"] = layout_of<type>({
        {"state", offsetof(type, state), sizeof(type::state)},
        {"control", offsetof(type, control), sizeof(type::control)},
    });
  }
  {
    using type = mutex_header;
    out["mutex_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"deaths", offsetof(type, deaths), sizeof(type::deaths)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = event_header;
    out["event_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = semaphore_header;
    out["semaphore_header"] = layout_of<type>({
        {"max", offsetof(type, max), sizeof(type::max)},
        {"count", offsetof(type, count), sizeof(type::count)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = condition_header;
    out["condition_header"] = layout_of<type>({
        {"sequence", offsetof(type, sequence), sizeof(type::sequence)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = latch_header;
    out["latch_header"] = layout_of<type>({
        {"expected", offsetof(type, expected), sizeof(type::expected)},
        {"count", offsetof(type, count), sizeof(type::count)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = once_header;
    out["once_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"attempts", offsetof(type, attempts), sizeof(type::attempts)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = shared_mutex_header;
    out["shared_mutex_header"] = layout_of<type>({
        {"readers", offsetof(type, readers), sizeof(type::readers)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"word", offsetof(type, word), sizeof(type::word)},
        {"deaths", offsetof(type, deaths), sizeof(type::deaths)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"rest", offsetof(type, rest), sizeof(type::rest)},
    });
  }
  {
    using type = barrier_header;
    out["barrier_header"] = layout_of<type>({
        {"members", offsetof(type, members), sizeof(type::members)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"phase", offsetof(type, phase), sizeof(type::phase)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"rest", offsetof(type, rest), sizeof(type::rest)},
    });
  }
  {
    using type = barrier_member;
    out["barrier_member"] = layout_of<type>({
        {"holder", offsetof(type, holder), sizeof(type::holder)},
        {"arrived", offsetof(type, arrived), sizeof(type::arrived)},
    });
  }
  {
    using type = future_header;
    out["future_header"] = layout_of<type>({
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"state", offsetof(type, state), sizeof(type::state)},
        {"promiser", offsetof(type, promiser), sizeof(type::promiser)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  add_channel_layouts(out);
  add_exchange_layouts(out);
  return out;
}

}  // namespace stoa::testing
