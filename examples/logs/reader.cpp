// reader: sends the text of files, in chunks of whole lines, to whoever parses them. One at a time: a second one waits
// to take over.
//
// It may be killed at any moment. Its successor goes on behind the last chunk that was surely sent. Whether the next
// one was sent as well nobody can say; if so, it comes twice under the same number, and is counted once.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "stop.hpp"
#include "text_file.hpp"
#include "work.hpp"

namespace logs {
namespace {

using namespace std::chrono_literals;

// The list of files is there when the first state is stored: who comes before makes it anew.
void list_files(shared_work const& work, std::vector<std::string> const& paths) {
  auto const found = find_text(paths);
  if (found.empty()) throw std::runtime_error{"no text in these files"};
  if (found.size() > work.files.size()) throw std::runtime_error{"more files than there is room for"};
  std::ranges::copy(found, work.files.begin());
  work.reading.store({.files = found.size()});
}

// Waits while the ring is full, for there may be no parser at the moment. False: asked to stop.
bool send(shared_work const& work, std::span<std::byte const> chunk) {
  while (!work.chunks.send_for(chunk, 0, 100ms))
    if (examples::stop_requested()) return false;
  return true;
}

void send_all(shared_work const& work) {
  std::vector<std::byte> message(sizeof(chunk_label) + chunk_bytes);
  auto const text = reinterpret_cast<char*>(message.data() + sizeof(chunk_label));
  for (auto state = work.reading.load(); !state.is_complete(); ++state.file, state.offset = 0) {
    text_file const from{work.files.at(state.file)};
    for (;;) {
      auto const chunk = from.read(state.offset, {text, chunk_bytes});
      if (chunk.bytes == 0) break;
      if (state.chunk == work.counted.size()) throw std::runtime_error{"more text than there is room for"};
      chunk_label const label{state.file, state.chunk};
      std::memcpy(message.data(), &label, sizeof(label));
      if (!send(work, std::span{message}.first(sizeof(label) + chunk.bytes))) return;
      state.offset = chunk.next;
      ++state.chunk;
      state.bytes += chunk.bytes;
      work.reading.store(state);
    }
  }
  work.reading.update([](reading_state& state) { state.file = state.files; });
}

void run(std::string const& name, std::vector<std::string> const& paths) {
  shared_work const work{name};
  // Waits for the one there is to end or die. After a death there is nothing to put right: the state is whole.
  if (work.reader.lock_or_inherit()) work.reader.make_consistent();
  std::unique_lock const sole{work.reader, std::adopt_lock};
  examples::stop_on_signals();
  if (work.reading.version() == 0) list_files(work, paths);
  send_all(work);
}

}  // namespace
}  // namespace logs

int main(int argc, char** argv) try {
  std::string name = "logs";
  std::vector<std::string> paths{"/var/log/dpkg.log", "/usr/share/doc"};
  CLI::App app{"Sends the text of files in chunks into a shared ring."};
  app.add_option("--segment", name, "name of the segment")->capture_default_str();
  app.add_option("FILE", paths, "files, or directories of files; the first reader's are read")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  logs::run(name, paths);
} catch (std::exception const& problem) {
  std::cerr << "reader: " << problem.what() << '\n';
  return 1;
}
