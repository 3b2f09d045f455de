// stoa: exchange.
#include <stoa/stoa.hpp>

#include "../cases/trip.hpp"

using namespace stoa::literals;
using namespace std::chrono_literals;

namespace stoa::benchmarks::stoa_calls_subject {
namespace {

template <std::size_t Bytes>
struct exchange_peer {
  static constexpr auto where = runs_in::processes;
  struct caller_end {
    exchange_client client;
    template <class Use>
    bool call(message<Bytes> const& request, Use const& use) {
      auto const reply = client.call(std::as_bytes(std::span{&request, 1}), 0, 5s, wait_strategy::spin);
      if (!reply || reply->size() != Bytes) return false;
      use(reply->data().data());
      return true;
    }
  };
  struct server_end {
    exchange_server service;
    message<Bytes> response = make_message<Bytes>(0);
    template <class Answer>
    void serve(Answer const& answer) {
      auto const respond = [&](auto const& request, std::span<std::byte> room) {
        answer(request.data().data(), response);
        std::memcpy(room.data(), &response, Bytes);
        return Bytes;
      };
      service.serve_for(1ms, respond, wait_strategy::spin);
    }
  };
  explicit exchange_peer(std::string const& name)
      : home{segment::create(name, 1_MiB)}, calls{home.publish<exchange>("calls", 4, Bytes)} {}
  exchange attach() const { return segment::open(home.name()).attach<exchange>("calls"); }
  caller_end caller() const { return {attach().client()}; }
  server_end server() const { return {attach().server()}; }
  segment home;
  exchange calls;
};

bool const entered = enter_trips<exchange_peer, 64, 1024>("stoa");

}  // namespace
}  // namespace stoa::benchmarks::stoa_calls_subject
