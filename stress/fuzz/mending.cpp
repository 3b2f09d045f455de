#include "mending.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include "soon.hpp"

namespace stoa::fuzz {
namespace {

constexpr std::chrono::seconds patience{2};
constexpr std::uint64_t nobodys_generation = 1ull << 40;
mending* under_way = nullptr;

}  // namespace

mending::mending(std::filesystem::path file, testing::specimen const& whole, std::function<void()> first)
    : file_{std::move(file)}, whole_{whole}, first_{std::move(first)} {
  under_way = this;
  on_sleep(&mending::look);
}
mending::~mending() {
  on_sleep(nullptr);
  under_way = nullptr;
}

void mending::look() {
  if (under_way != nullptr && virtual_time() - std::max(call_began, under_way->last_) > patience) under_way->mend();
}

// Into the file, as the mapping may be one to look only, and some of it is forbidden to this process. Whoever made the
// specimen is dead, though its place is another's now, and a damage may have made its id that one's as well: so nobody
// has a lane.
void mending::mend() {
  last_ = virtual_time();
  if (first_) first_();
  auto bytes = whole_.bytes;
  for (auto const& each : whole_.parts("participants"))
    for (auto at = each.begin; at < each.end; at += sizeof(participant_record))
      reinterpret_cast<participant_record*>(&bytes[at])->generation.store(nobodys_generation);
  for (auto const& each : whole_.parts("lanes")) std::fill(&bytes[each.begin], &bytes[each.end], std::byte{0});
  std::fstream file{file_, std::ios::binary | std::ios::in | std::ios::out};
  file.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace stoa::fuzz
