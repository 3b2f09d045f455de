// spoiled_messages.hpp: damages of message_rings and channels.
#pragma once
#include "hostile_channel_users.hpp"
#include "hostile_users.hpp"
#include "spoiled.hpp"

namespace stoa::testing {

template <class Change>
auto change_messages(Change change) {
  return [=](std::byte*, segment const& in) {
    change(message_ring_bytes::adopt(in.attachment().entries().at(0)).value());
  };
}

// Done at 0, given back at 64, two that wait at 192 and 320, tail at 448.
inline spoiled_kind spoiled_group() {
  using header = message_ring_header;
  auto const mark = [](std::uint64_t position, record_mark with) {
    return change_messages([=](auto ring) { ring.mark(position).store(with); });
  };
  return {
      "message_ring",
      publish_group,
      {{"a capacity that is none", "header", set_word(0, 1000)},
       {"a byte of padding", "padding", set_byte(700)},
       {"a tail far ahead", "tail", set_word(offsetof(header, tail), 64'000)},
       {"a tail that is no position", "tail", set_word(offsetof(header, tail), 449)},
       {"a tail within a record", "tail", set_word(offsetof(header, tail), 384)},
       {"free behind head", "tail", set_word(offsetof(header, free), 320)},
       {"a claim of nobody", "mark of position 448", set_word(offsetof(header, tail), 512)},
       {"a message before head that nobody took", "mark of position 64",
        mark(64, make_mark(0, record_state::committed, 2))},
       {"a message taken by who never was", "mark of position 64", mark(64, make_taken_mark(0, 0x1FFF, 2))},
       {"a message that was taken too early", "mark of position 320", mark(320, make_mark(0, record_state::done, 2))},
       {"a record that is too long", "mark of position 192", mark(192, make_mark(0, record_state::committed, 100))},
       {"a record of a later lap", "mark of position 192", mark(192, make_mark(3, record_state::committed, 2))},
       {"a record of another length", "record of position 320", mark(320, make_mark(0, record_state::committed, 1))},
       {"a byte of a message", "record of position 192",
        change_messages([](auto ring) { ring.message(192)[7] ^= std::byte{1}; })},
       {"another turn", "turn of position 64", change_messages([](auto ring) { ring.turn(64).store(0); })},
       {"recall", "recall", set_word(offsetof(header, recall), 2)},
       {"an operation of another kind", "lease", name(lane_op::lease, 0)},
       {"a position that nobody has come to", "lease", name(lane_op::push, 64'000)}}};
}

inline spoiled_kind spoiled_blocks() {
  auto const word = [](block_word with) {
    return change_messages([=](auto ring) { ring.blocks().word(1).store(with); });
  };
  return {"message_ring with blocks",
          publish_group_with_blocks,
          {{"a block of a record that was not claimed", "word of block 1", word(make_block_word_of_record(64'000))},
           {"a block that is filled by who never was", "word of block 1", word(make_block_word(short_owner{0x1FFF}))},
           {"a block in no state", "word of block 1", word(9)},
           {"a record whose block is another's", "record of position", word(0)},
           {"bytes behind the words of the blocks", "padding",
            change_messages([](auto ring) { (&ring.blocks().word(1))[5].store(1); })}}};
}

inline spoiled_kind spoiled_broadcast() {
  auto const place = sizeof(message_ring_header);
  return {"broadcast",
          publish_broadcast,
          {{"a reader who never was", "reader 0, owner", set_word(place, nobody_ever)},
           {"a reader in no state", "reader 0, is_set", set_word(place + 16, 2)},
           {"bytes behind a reader", "reader 1, padding", set_byte(place + 128 + 60)},
           {"a reader ahead of all", "reader 0, position",
            [=](std::byte* body, segment const& in) {
              auto& reader = at<reader_place>(body, place);
              reader.position.store(64'000);
              reader.is_set.store(1);
              reader.owner.store(in.attachment().self());
            }},
           {"a message before head that somebody took", "mark of position 0",
            change_messages([](auto ring) {
              ring.mark(0).store(make_mark(0, record_state::done, 1));
              ring.header().head.store(64);
            })}}};
}

inline spoiled_kind spoiled_channel() {
  auto const change = [](auto work) {
    return [=](std::byte*, segment const& in) { work(channel_bytes::adopt(in.attachment().entries().at(0)).value()); };
  };
  auto const place = [=](auto work) {
    return change([=](auto all) { work(all.place(0)); });
  };
  using header = channel_header;
  return {
      "channel",
      publish_channel,
      {{"rings of an odd size", "header", set_word(offsetof(header, ring_bytes), 100)},
       {"a byte of padding", "padding", set_byte(100)},
       {"a listener who never was", "listener", set_word(offsetof(header, listener), nobody_ever)},
       {"a connection in no state", "connection 0, word", place([](auto& of) { of.word.fetch_or(7); })},
       {"a client who never was", "connection 0, word", place([](auto& of) { of.word.fetch_or(0x1FFF << 16); })},
       {"another client", "connection 0, client", place([](auto& of) { of.client.store(nobody_ever); })},
       {"another server", "connection 0, server", place([](auto& of) { of.server.store(nobody_ever); })},
       {"versions in the wrong order", "connection 0, versions", place([](auto& of) { of.versions.store(9); })},
       {"checksums that are none", "connection 0, checksums", place([](auto& of) { of.checksums.store(9); })},
       {"messages that are too large", "connection 0, agreed_largest",
        place([](auto& of) { of.agreed_largest.store(1 << 30); })},
       {"terms that are none", "connection 0, agreed_checksum", place([](auto& of) { of.agreed_checksum.store(2); })},
       {"bytes behind a stream", "connection 0, padding", set_byte(sizeof(header) + 128 + 300)},
       {"a position that is none", "to the server", place([](auto& of) { of.to_server.read.fetch_add(3); })},
       {"a mark that is none", "to the client", change([](auto all) {
          auto const read = all.place(0).to_client.read.load();
          at<atomic_u64>(all.records_to_client(0), read & (all.ring_bytes() - 1)).store(77);
        })},
       {"a number that is not the next", "the message number", change([](auto all) {
          auto const second = all.place(0).to_client.read.load() + bytes_of_record(sizeof(std::uint64_t));
          at<atomic_u64>(all.records_to_client(0), second & (all.ring_bytes() - 1)).fetch_add(std::uint64_t{5} << 34);
        })},
       {"another checksum", "what its checksum says", change([](auto all) {
          auto const read = all.place(0).to_client.read.load();
          at<channel_record>(all.records_to_client(0), read & (all.ring_bytes() - 1)).label.fetch_xor(1ull << 40);
        })},
       {"a byte of a message", "what its checksum says", change([](auto all) {
          auto const read = all.place(0).to_server.read.load();
          all.records_to_server(0)[(read & (all.ring_bytes() - 1)) + sizeof(channel_record)] ^= std::byte{1};
        })}}};
}

inline std::vector<spoiled_kind> spoiled_message_kinds() {
  return {spoiled_group(), spoiled_blocks(), spoiled_broadcast(), spoiled_channel()};
}

}  // namespace stoa::testing
