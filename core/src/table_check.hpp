// table_check.hpp: a look at everything outside the structures, and at what the entries say.
//
// I1 alive at once  two entries are compared only if both their words are, after that, what they were before: then
//                   both were live at the same time, and their records stood still (name_table.hpp I2)
#pragma once
#include <stoa/inspection.hpp>
#include <stoa/name_table.hpp>
#include <vector>

namespace stoa {

class attachment::table_check {
 public:
  table_check(attachment const& owner, bool is_still)
      : owner_{&owner}, map_{owner.map()}, table_{map_}, look_{owner, is_still} {}

  // False: the file became too short to be looked at.
  bool is_long_enough();
  // Everything, in the order of the bytes.
  void run();
  std::vector<finding> take() noexcept { return look_.take(); }

 private:
  struct live_entry {
    std::uint64_t word;
    entry_view view;
  };

  void page();
  void participants();
  void attachments();
  void lanes();
  void lane_names(lane& of, std::uint64_t number, bool is_free);
  void name_words();
  void name_word(std::uint32_t slot);
  void record(live_entry const& entry);
  void bytes(live_entry const& entry);
  void probe(live_entry const& entry);
  void pairs(std::vector<live_entry> entries);
  bool is_still_live(live_entry const& entry) const noexcept { return table_.word(entry.view.slot) == entry.word; }
  void blame(live_entry const& entry, std::string_view field, std::size_t offset, std::string expected,
             std::string found);

  attachment const* owner_;
  segment_map const& map_;
  name_table table_;
  inspection look_;
  std::vector<live_entry> entries_;
};

}  // namespace stoa
