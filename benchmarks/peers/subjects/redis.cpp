// Redis over a Unix socket: lists as streams and calls (its clients wait with BLPOP), keys as a map. Nothing is saved.
#include <hiredis/hiredis.h>

#include <filesystem>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/table.hpp"
#include "../cases/trip.hpp"
#include "../harness/daemon.hpp"

namespace stoa::benchmarks::redis_subject {
namespace {

struct place {
  place() : directory{fmt::format("/tmp/peers-redis-{}", ::getpid())}, owner{::getpid()} {
    std::filesystem::create_directory(directory);
  }
  place(place const&) = delete;
  place& operator=(place const&) = delete;
  ~place() {
    if (::getpid() == owner) std::filesystem::remove_all(directory);
  }
  std::string directory;
  pid_t owner;
};
std::string& socket_path() {
  static std::string path;
  return path;
}

struct reply_deleter {
  void operator()(redisReply* reply) const { ::freeReplyObject(reply); }
};
using reply = std::unique_ptr<redisReply, reply_deleter>;

class connection {
 public:
  connection() : context_{::redisConnectUnix(socket_path().c_str())} {
    if (!context_ || context_->err != 0) throw std::runtime_error{"no connection to redis"};
  }
  template <class... Arguments>
  reply command(char const* format, Arguments... arguments) const {
    return checked(::redisCommand(context_.get(), format, arguments...));
  }
  template <class... Arguments>
  void append(char const* format, Arguments... arguments) const {
    ::redisAppendCommand(context_.get(), format, arguments...);
  }
  reply next() const {
    void* out = nullptr;
    ::redisGetReply(context_.get(), &out);
    return checked(out);
  }

 private:
  static reply checked(void* from) {
    reply out{static_cast<redisReply*>(from)};
    if (!out || out->type == REDIS_REPLY_ERROR) throw std::runtime_error{out ? out->str : "redis has gone"};
    return out;
  }
  struct closer {
    void operator()(redisContext* context) const { ::redisFree(context); }
  };
  std::unique_ptr<redisContext, closer> context_;
};

void start_server() {
  static place const where;
  socket_path() = where.directory + "/socket";
  static daemon const server{[] {
    ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path().c_str(), "--save", "",
             "--appendonly", "no", "--dir", where.directory.c_str(), static_cast<char*>(nullptr));
  }};
  for (int patience = 0; !std::filesystem::exists(socket_path()); ++patience) {
    if (patience == 1000) throw std::runtime_error{"redis-server does not start"};
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

template <std::size_t Bytes>
struct list_peer {
  using element = message<Bytes>;
  static constexpr auto where = runs_in::processes;

  struct sender_end {
    stream_plan plan;
    connection with = {};
    bool is_full = false;  // lists have no bound: the sender keeps one
    bool send(element const& each) { return send_n({&each, 1}) == 1; }
    // A pipeline.
    std::size_t send_n(std::span<element const> some) {
      if (is_full) {
        is_full = with.command("LLEN %s", plan.name.c_str())->integer >= static_cast<long long>(plan.capacity);
        if (is_full) return 0;
      }
      for (auto const& each : some) with.append("RPUSH %s %b", plan.name.c_str(), &each, Bytes);
      for (std::size_t i = 0; i < some.size(); ++i)
        is_full = with.next()->integer >= static_cast<long long>(plan.capacity);
      return some.size();
    }
  };
  struct receiver_end {
    stream_plan plan;
    connection with = {};
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      if (most > 1) {
        auto const got = with.command("LPOP %s %d", plan.name.c_str(), static_cast<int>(most));
        for (std::size_t i = 0; i < got->elements; ++i) use(got->element[i]->str);
        return got->elements;
      }
      auto const got = with.command("BLPOP %s 0.02", plan.name.c_str());
      if (got->type != REDIS_REPLY_ARRAY || got->elements != 2 || got->element[1]->len != Bytes) return 0;
      use(got->element[1]->str);
      return 1;
    }
  };
  explicit list_peer(stream_plan const& with) : plan{with} {}
  list_peer(list_peer const&) = delete;
  list_peer& operator=(list_peer const&) = delete;
  sender_end sender(unsigned) const { return {plan}; }
  receiver_end receiver(unsigned) const { return {plan}; }
  stream_plan plan;
};

struct map_peer {
  map_peer(std::string const&, std::uint64_t) {
    with.command("FLUSHALL SYNC");
    before = used();
  }
  map_peer(map_peer const&) = delete;
  map_peer& operator=(map_peer const&) = delete;
  ~map_peer() {
    try {
      with.command("FLUSHALL SYNC");
    } catch (std::exception const&) {
      // it has gone, and its keys
    }
  }
  bool insert(std::uint64_t key, std::uint64_t value) const {
    return with.command("SETNX %b %llu", &key, sizeof(key), static_cast<unsigned long long>(value))->integer == 1;
  }
  void fill(std::uint64_t from, std::uint64_t to) const {
    constexpr std::uint64_t pipeline = 1000;
    for (auto i = from; i < to; i += pipeline) {
      auto const end = std::min(to, i + pipeline);
      for (auto each = i; each < end; ++each) {
        auto const key = table_key(each);
        with.append("SET %b %llu", &key, sizeof(key), static_cast<unsigned long long>(each));
      }
      for (auto each = i; each < end; ++each) with.next();
    }
  }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    auto const got = with.command("GET %b", &key, sizeof(key));
    if (got->type != REDIS_REPLY_STRING) return std::nullopt;
    return std::strtoull(got->str, nullptr, 10);
  }
  bool increment(std::uint64_t key) const { return with.command("INCR %b", &key, sizeof(key))->integer > 0; }
  bool erase(std::uint64_t key) const { return with.command("DEL %b", &key, sizeof(key))->integer == 1; }
  std::uint64_t bytes() const { return used() - before; }

  std::uint64_t used() const {
    auto const all = with.command("INFO memory");
    auto const* const at = std::strstr(all->str, "used_memory:");
    return at == nullptr ? 0 : std::strtoull(at + std::strlen("used_memory:"), nullptr, 10);
  }
  connection with;
  std::uint64_t before = 0;
};

constexpr auto subject = "Redis";
bool const entered = enter_pair<list_peer, 64, 1024, 4096, 65536>("messages", subject) &&
                     enter_trips<two_streams<list_peer>::peer, 64, 1024>(subject) &&
                     enter_latency<list_peer>(subject) &&
                     enter_table<map_peer>(subject, 1'000'000) && needs(subject, start_server);

}  // namespace
}  // namespace stoa::benchmarks::redis_subject
