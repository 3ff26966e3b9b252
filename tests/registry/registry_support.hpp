#pragma once
// A registry and short ways to fill it.

#include "registry/directory.hpp"
#include "registry/identity.hpp"

#include <memory>
#include <string>
#include <vector>

namespace millrace::registry {

inline url make_url(const std::string& text) {
  return url::parse(text).value();
}

inline stream_definition make_definition(const std::vector<std::string>& urls) {
  stream_definition made;
  for (const auto& each : urls)
    made.sources.push_back(make_url(each));
  return made;
}

struct registry_fixture {
  registry_settings config;
  statistics totals;
  directory all{config, totals};

  std::shared_ptr<stream> post(const std::string& text) { return all.post(make_definition({text})); }
  /// As a request with ?url= would.
  std::shared_ptr<stream> ask(const std::string& text) {
    return all.find_or_add(stream_id(text, {}), make_definition({text}));
  }
  /// A response that counts how often it is told to stop.
  directory::played play(const std::shared_ptr<stream>& what, const std::string& client,
                         int* stops = nullptr) {
    return all.play(what, {.id = client, .user_agent = "mpv", .address = "192.0.2.1"},
                    {.stop = [stops] { stops ? ++*stops : 0; }});
  }
  /// A client that was there and is idle now.
  void visit(const std::shared_ptr<stream>& what, const std::string& client) {
    const auto response = play(what, client);
  }
};

template <class T>
std::vector<std::string> ids(const std::vector<std::shared_ptr<T>>& entries) {
  std::vector<std::string> found;
  for (const auto& each : entries)
    found.push_back(each->id());
  return found;
}

}  // namespace millrace::registry
