#pragma once
// fill_shared() from the scripted origin, step by step.

#include "transfer/fill_shared.hpp"
#include "transfer/shared_fixture.hpp"
#include "upstream/origin_fixture.hpp"

namespace millrace::transfer {

/// One shared fetch from the scripted origin, step by step.
struct fill_fixture : upstream::origin_fixture {
  ~fill_fixture() {
    place.reset();
    if (started && !done) cancel();
  }

  /// The first answer: that range of the sources, or all of the first one.
  void open(const std::vector<std::string>& targets, std::optional<byte_range> range) {
    std::vector<url> sources;
    for (const auto& target : targets)
      sources.push_back(at(target));
    file = std::make_unique<upstream::remote_file>(with, here, profile(), std::move(sources));
    upstream::attempts tried;
    const auto wanted = range ? upstream::wanted(chunk_plan::first_chunk(range->begin, range->end, plan))
                              : upstream::wanted(upstream::wanted_all{});
    auto answer = run(upstream::open_range_persistently(*file, wanted, tried));
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->partial == range.has_value());
    const auto all = range.value_or(byte_range{0, answer->total.value_or(unknown_end)});
    shared = make_shared_resource(all, buffers.try_reserve(all.end == unknown_end ? 0 : all.size()));
    first.emplace(std::move(*answer));
    place = open_shared(shared, here);
  }

  /// Bytes of the first answer that were looked at before.
  std::vector<std::byte> begin(std::size_t count) {
    std::vector<std::byte> bytes(count);
    std::size_t had = 0;
    while (had < count) {
      error_code ec;
      if (!first->body.ready()) ec = run(first->body.wait_body());
      BOOST_REQUIRE(!ec);
      const auto more = first->body.read_body(std::span(bytes).subspan(had), ec);
      BOOST_REQUIRE((more > 0 || ec == boost::asio::error::would_block));
      had += more;
    }
    return bytes;
  }

  async::awaitable<void> filling(std::vector<std::byte> begun = {}) {
    started = true;
    auto answer = std::move(*first);
    first.reset();
    return fill_shared(shared, std::move(file), std::move(answer), std::move(begun), plan, limits);
  }

  void start(std::vector<std::byte> begun = {}) {
    loop.restart();
    boost::asio::co_spawn(
        loop, filling(std::move(begun)),
        boost::asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr) { done = true; }));
  }

  void finish() {
    step_until([this] { return done; });
  }

  void cancel() {
    bool told = false;
    boost::asio::post(loop, [&] {
      told = true;
      if (!done) signal.emit(boost::asio::cancellation_type::terminal);
    });
    step_until([&] { return done && told; });
  }

  std::string bytes() {
    std::string got;
    run(read_body(*place, 0, got));
    return got;
  }

  void check_complete(std::uint64_t seed, byte_range range) {
    BOOST_TEST(shared->body.ended());
    const auto cause = place->cause();
    BOOST_TEST(!cause.has_value(), (cause ? to_string(*cause) : std::string()));
    BOOST_TEST((bytes() == origin::content_of(seed, range.begin, range.size())));
  }

  void check_broken(std::uint64_t seed, error_code why, byte_offset from = 0) {
    BOOST_TEST(shared->body.ended());
    const auto cause = place->cause();
    BOOST_REQUIRE(cause.has_value());
    BOOST_TEST(cause->code == why, to_string(*cause));
    const auto got = bytes();
    BOOST_TEST((got == origin::content_of(seed, from, got.size())));
  }

  bool upstream_is_quiet() {
    return server.wait_until([this] { return server.totals().active_requests == 0; },
                             std::chrono::seconds(5));
  }

  static constexpr auto unknown_end = shared_resource::unknown_end;
  plan_limits plan{.connections = 4, .chunk_size = 256 * 1024};
  fill_limits limits;
  std::unique_ptr<upstream::remote_file> file;
  std::optional<upstream::range_answer> first;
  std::shared_ptr<shared_resource> shared;
  std::unique_ptr<reading> place;
  boost::asio::cancellation_signal signal;
  bool started = false, done = false;
};

}  // namespace millrace::transfer
