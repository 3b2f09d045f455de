#include "market.hpp"

#include <cstring>
#include <string>
#include <string_view>

namespace {

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }
std::string text_in(std::span<std::byte const> bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

std::string done;
void work_on(std::span<std::byte const> message) { done += text_in(message); }

TEST(snippet, MessageRing) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const report = bytes_of("a");
  std::string_view const frame = "b";
  // begin
  using namespace stoa::literals;
  auto jobs = market.publish_or_attach<stoa::message_ring>("jobs", 64_KiB, stoa::message_ring_options{.checksum = true});

  if (!jobs.try_send(report, 7)) { /* no room */ }      // 7: a type, for whoever receives it
  if (auto slot = jobs.claim(frame.size(), 8)) {        // written in place
    std::memcpy(slot.data(), frame.data(), frame.size());
    slot.commit();
  }

  auto worker = jobs.consumer();                        // each message to one of the group
  if (auto job = worker.try_receive()) {                // read in place
    work_on(job->data());
    job->commit();                                      // if this process dies before, another gets it
  }
  worker.poll([](auto const& job) { work_on(job.data()); }, 10);
  // end
  EXPECT_EQ(done, "ab");
  // begin
  auto news = market.publish_or_attach<stoa::message_ring>(
      "news", 64_KiB, stoa::message_ring_options{.delivery = stoa::delivery::broadcast});
  auto alice = news.reader(), bob = news.reader();      // each message to all of them

  news.send(report, 1);                                 // waits for room, and so for the slowest reader
  if (auto item = alice.try_receive()) work_on(item->data());
  if (auto item = bob.try_receive()) work_on(item->data());
  // end
  EXPECT_EQ(done, "abaa");
  auto const draw = [](std::span<std::byte> image) { std::memset(image.data(), 'f', image.size()); };
  auto const look_at = [](std::span<std::byte const> seen) { done = text_in(seen); };
  // begin
  using namespace stoa::literals;
  auto frames = market.publish_or_attach<stoa::message_ring>(
      "frames", 4_KiB, stoa::message_ring_options{.large = {.blocks = 4, .block_bytes = 64_KiB}});

  if (auto slot = frames.claim(50'000)) {               // larger than an eighth of the ring: a block
    draw(slot.bytes());
    slot.commit();
  }
  auto viewer = frames.consumer();
  if (auto image = viewer.try_receive()) {
    look_at(image->data());                             // the very same bytes
    image->commit();                                    // the block is free again
  }
  // end
  EXPECT_EQ(done, std::string(50'000, 'f'));
  done.clear();
  auto const first_part = bytes_of("first "), second_part = bytes_of("second ");
  // begin
  auto uploads = market.publish_or_attach<stoa::message_ring>("uploads", 64_KiB);

  stoa::message_stream_writer upload{uploads, 5};       // 5: the type of its messages
  upload.write(first_part);                             // waits while there is no room
  upload.write(second_part);
  upload.finish();                                      // until then it is not finished for anybody

  stoa::message_stream_reader incoming{uploads.consumer()};
  if (auto whole = incoming.try_receive())              // put together
    if (whole->end == stoa::stream_end::finished) work_on(whole->bytes);

  incoming.poll([](stoa::message_chunk const& chunk) {  // or each chunk as it comes, in order
    work_on(chunk.data);
  });
  // end
  EXPECT_EQ(done, "first second ");
}

}  // namespace
