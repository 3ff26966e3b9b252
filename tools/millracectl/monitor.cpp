#include "monitor.hpp"

#include "api.hpp"
#include "json_fields.hpp"
#include "monitor_view.hpp"
#include "screen.hpp"
#include "signal_watch.hpp"
#include "text.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>

#include <poll.h>

namespace millrace::ctl {

namespace {

using clock = rate_meter::clock;

/// ISO 8601, UTC.
std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

/// Where the looks go. The functions answer false when stdout is gone.
class display {
 public:
  virtual ~display() = default;
  virtual bool show(const document& stats) = 0;
  virtual bool complain(const trouble& why) {
    std::fprintf(stderr, "millracectl: %s\n", printable(why.text).c_str());
    return true;
  }
  virtual bool redraw() { return true; }
  virtual void suspend() {}
};

class json_display final : public display {
 public:
  bool show(const document& stats) override { return write_stdout(printable_json(stats.raw) + "\n"); }
};

class plain_display final : public display {
 public:
  bool show(const document& stats) override {
    std::string out;
    for (const auto& each : plain_lines(take_look(stats.value, meter_, clock::now()), time_text())) {
      out += each + "\n";
    }
    return write_stdout(out);
  }

 private:
  rate_meter meter_;
};

class screen_display final : public display {
 public:
  explicit screen_display(std::string server) : server_(std::move(server)) {}

  bool show(const document& stats) override {
    look_ = take_look(stats.value, meter_, clock::now());
    headline_ = server_ + "  " + time_text();
    return redraw();
  }
  bool complain(const trouble& why) override {
    headline_ = time_text() + "  " + why.text;
    return redraw();
  }
  bool redraw() override {
    const auto [columns, rows] = screen_.size();
    return screen_.draw(screen_lines(look_, headline_, columns, rows));
  }
  void suspend() override { screen_.suspend(); }

 private:
  std::string server_, headline_;
  rate_meter meter_;
  look look_;
  screen screen_;
};

std::unique_ptr<display> make_display(const invocation& asked) {
  if (asked.json) return std::make_unique<json_display>();
  if (stdout_is_screen()) return std::make_unique<screen_display>(asked.connection.server.shown());
  return std::make_unique<plain_display>();
}

enum class wake { time, stop, window, suspend };

wake wait_until(clock::time_point time, const signal_watch& stop, signal_watch& window) {
  std::array<pollfd, 2> watched{pollfd{stop.descriptor(), POLLIN, 0}, pollfd{window.descriptor(), POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - clock::now()).count();
  const int ready = poll(watched.data(), watched.size(), left > 0 ? static_cast<int>(left) : 0);
  if (ready <= 0) return wake::time;
  if (watched[0].revents != 0) return wake::stop;
  return window.take() == SIGTSTP ? wake::suspend : wake::window;
}

}  // namespace

outcome<reply> run_monitor(http_client& client, const invocation& asked) {
  const signal_watch stop({SIGINT, SIGTERM, SIGHUP});
  signal_watch window({SIGWINCH, SIGTSTP});
  client.stop_on(stop.descriptor());
  const api server(client);
  std::unique_ptr<display> output;
  const trouble broken{"cannot write to the standard output"};
  while (true) {
    const auto next = clock::now() + asked.interval;
    const auto stats = server.get("/stats");
    if (!stats && stats.error().interrupted) return reply{};
    if (!stats && !output) return stats.error();
    if (!output) output = make_display(asked);
    const bool written = stats ? output->show(*stats) : output->complain(stats.error());
    if (!written) return broken;
    for (wake why; (why = wait_until(next, stop, window)) != wake::time;) {
      if (why == wake::stop) return reply{};
      if (why == wake::suspend) output->suspend();
      if (!output->redraw()) return broken;
    }
  }
}

}  // namespace millrace::ctl
