// Options → application → exit code.

#include "core/log.hpp"
#include "core/options.hpp"
#include "core/version.hpp"
#include "server/application.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>
#include <vector>

namespace {

constexpr int bad_option = 2;
constexpr int cannot_start = 1;

int run(const std::vector<std::string>& arguments) {
  auto parsed = millrace::parse_options(arguments, [](const char* name) { return std::getenv(name); });
  if (const auto* text = std::get_if<std::string>(&parsed)) {
    std::printf("%s%s", text->c_str(), text->ends_with('\n') ? "" : "\n");
    return 0;
  }
  auto& settings = std::get<millrace::settings>(parsed);
  millrace::log::configure(settings.log);
  millrace::server::application server(std::move(settings));
  server.stop_on_signals();
  std::printf("millrace %s listening on %s\n", std::string(millrace::version()).c_str(),
              server.address().c_str());
  std::fflush(stdout);
  server.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // TLS and splice write without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const millrace::option_error& error) {
    std::fprintf(stderr, "millrace: %s\n", error.what());
    return bad_option;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "millrace: %s\n", error.what());
    return cannot_start;
  }
}
