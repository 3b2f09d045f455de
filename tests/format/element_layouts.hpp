// element_layouts.hpp: where the structs of structures with elements have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/stoa.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_element_layouts(std::map<std::string, struct_layout>& out) {
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
        {"element_bytes", offsetof(type, element_bytes), sizeof(type::element_bytes)},
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
}

}  // namespace stoa::testing
