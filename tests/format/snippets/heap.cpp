#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include "market.hpp"

namespace {

// begin
using text = boost::container::basic_string<char, std::char_traits<char>, stoa::heap_allocator<char>>;
using texts = boost::container::vector<text, stoa::heap_allocator<text>>;
// end

TEST(snippet, Heap) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto heap = market.publish_or_attach<stoa::heap>("heap", 256 * 1024);
  auto* news = heap.find_or_construct<texts>("news", heap.allocator<text>());
  news->push_back(text{"a text of any length, longer than any of those before", heap.allocator<char>()});
  // end
  EXPECT_EQ(heap.find<texts>("news")->size(), 1u);
  EXPECT_EQ(news->front().size(), 53u);
}

}  // namespace
