// iceoryx 2.0: publish and subscribe, request and response, in shared memory that its daemon RouDi manages. Nothing may
// be lost: publishers wait for subscribers (BLOCK_PRODUCER). The library holds at most 256 messages for a subscriber.
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/mepoo/mepoo_config.hpp>
#include <iceoryx_posh/popo/client.hpp>
#include <iceoryx_posh/popo/publisher.hpp>
#include <iceoryx_posh/popo/server.hpp>
#include <iceoryx_posh/popo/subscriber.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_app.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/daemon.hpp"

namespace stoa::benchmarks::iceoryx_subject {
namespace {

// It takes a member that has ended for alive for 1.5 s, and aborts, leaving its memory, when it is to end then.
constexpr std::chrono::seconds grace{2};

void start_roudi() {
  static daemon const roudi{[] {
    iox::mepoo::MePooConfig pools;
    for (auto const bytes : {128u, 1024u + 128u, 4096u + 128u, 65536u + 128u}) pools.addMemPool({bytes, 2'000u});
    iox::RouDiConfig_t config;
    auto const group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
    config.m_sharedMemorySegments.push_back({group, group, pools});
    iox::config::CmdLineArgs_t arguments;
    iox::roudi::IceOryxRouDiApp app{arguments, config};
    app.run();
    std::_Exit(0);
  }, grace};
}

void join(char const* role, unsigned index) {
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kWarn,
                                                           iox::log::LogLevelOutput::kHideLogLevel);
  iox::runtime::PoshRuntime::initRuntime(
      iox::RuntimeName_t{iox::cxx::TruncateToCapacity, fmt::format("{}-{}-{}", role, index, ::getpid())});
}
iox::capro::ServiceDescription service(std::string const& name) {
  return {"stoa", iox::capro::IdString_t{iox::cxx::TruncateToCapacity, name}, "messages"};
}

template <std::size_t Bytes>
struct pub_sub {
  using element = message<Bytes>;
  static constexpr auto where = runs_in::processes;

  struct sender_end {
    std::unique_ptr<iox::popo::Publisher<element>> mine;
    bool send(element const& each) {
      bool is_sent = false;
      mine->loan()
          .and_then([&](auto& sample) {
            std::memcpy(static_cast<void*>(sample.get()), &each, Bytes);
            sample.publish();
            is_sent = true;
          })
          .or_else([](auto&) {});
      return is_sent;
    }
  };
  struct receiver_end {
    std::unique_ptr<iox::popo::Subscriber<element>> mine;
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      std::size_t count = 0;
      for (bool is_more = true; is_more && count < most;)
        mine->take()
            .and_then([&](auto const& sample) {
              use(sample.get());
              ++count;
            })
            .or_else([&](auto&) { is_more = false; });
      return count;
    }
  };

  explicit pub_sub(stream_plan const& with) : plan{with} {}
  sender_end sender(unsigned i) const {
    join("sender", i);
    return {publisher()};
  }
  receiver_end receiver(unsigned i) const {
    join("receiver", i);
    return {subscriber()};
  }
  auto publisher() const {
    iox::popo::PublisherOptions options;
    options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
    return std::make_unique<iox::popo::Publisher<element>>(service(plan.name), options);
  }
  auto subscriber() const {
    iox::popo::SubscriberOptions options;
    options.queueCapacity = std::min<std::size_t>(plan.capacity, iox::MAX_SUBSCRIBER_QUEUE_CAPACITY);
    options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
    auto out = std::make_unique<iox::popo::Subscriber<element>>(service(plan.name), options);
    for (idler idle; out->getSubscriptionState() != iox::SubscribeState::SUBSCRIBED;) idle.pause();
    return out;
  }
  stream_plan plan;
};

template <std::size_t Bytes>
struct calls {
  using element = message<Bytes>;
  static constexpr auto where = runs_in::processes;
  struct caller_end {
    std::unique_ptr<iox::popo::Client<element, element>> mine;
    template <class Use>
    bool call(element const& request, Use const& use) {
      auto room = mine->loan();
      if (room.has_error()) return false;
      std::memcpy(static_cast<void*>(room.value().get()), &request, Bytes);
      if (room.value().send().has_error()) return false;
      for (idler idle;; idle.pause())
        if (auto response = mine->take(); !response.has_error()) {
          use(response.value().get());
          return true;
        }
    }
  };
  struct server_end {
    std::unique_ptr<iox::popo::Server<element, element>> mine;
    idler idle = {};
    template <class Answer>
    void serve(Answer const& answer) {
      auto request = mine->take();
      if (request.has_error()) return idle.pause();
      auto response = mine->loan(request.value());
      if (response.has_error()) throw std::runtime_error{"no room for a response"};
      *response.value() = make_message<Bytes>(0);
      answer(request.value().get(), *response.value());
      if (response.value().send().has_error()) throw std::runtime_error{"a response was not sent"};
    }
  };
  explicit calls(std::string const& with) : name{with} {}
  caller_end caller() const {
    join("caller", 0);
    auto mine = std::make_unique<iox::popo::Client<element, element>>(service(name));
    for (idler idle; mine->getConnectionState() != iox::ConnectionState::CONNECTED;) idle.pause();
    return {std::move(mine)};
  }
  server_end server() const {
    join("server", 0);
    return {std::make_unique<iox::popo::Server<element, element>>(service(name))};
  }
  std::string name;
};

constexpr auto subject = "iceoryx";
bool const entered = enter_pair<pub_sub, 8, 64, 1024, 65536>("spsc", subject) &&
                     enter_pair<pub_sub, 64, 1024, 4096, 65536>("messages", subject) &&
                     enter_broadcast<pub_sub>(subject) && enter_trips<calls, 64, 1024>(subject) &&
                     enter_latency<pub_sub>(subject) && needs(subject, start_roudi);

}  // namespace
}  // namespace stoa::benchmarks::iceoryx_subject
