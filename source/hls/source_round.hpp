#pragma once
// One request's way through the sources of an HLS stream: which one is asked, how often, and what the stream
// remembers of it.

#include "registry/stream.hpp"
#include "upstream/retry_policy.hpp"
#include "upstream/services.hpp"
#include "upstream/source_list.hpp"

#include <memory>
#include <optional>

namespace millrace::hls {

/// What a failure says of the source that it came from.
enum class blame {
  source,    ///< it does not give its playlist: it rests
  resource,  ///< one of its segments is missing: only when another source has it
};

/// Lives on one event loop, in the frame of the request.
class source_round {
 public:
  source_round(const upstream::services& with, std::shared_ptr<registry::stream> stream, blame whom);

  const registry::stream_definition& definition() const noexcept { return *definition_; }
  std::shared_ptr<const registry::stream_definition> shared_definition() const { return definition_; }
  const url& current() const noexcept { return definition_->sources[order_.current()]; }
  bool another_left() const noexcept { return order_.another_left(); }
  bool several() const noexcept { return definition_->sources.size() > 1; }

  /// The current source has given what was asked for.
  void succeeded();
  /// Waits, or goes on to the next source. The failure comes back when there is nothing left to try.
  /// `once`: this source is not worth a second try.
  async::awaitable<fetch_result<void>> recover(failure cause, bool once = false);

 private:
  struct left_source {
    url source;
    failure cause;
  };
  std::string place_of(const failure& cause) const;
  bool is_to_blame(const failure& cause) const;
  void leave(const failure& cause);

  const upstream::services& with_;
  std::shared_ptr<registry::stream> stream_;
  std::shared_ptr<const registry::stream_definition> definition_;
  upstream::source_list order_;
  upstream::attempts tried_;
  blame whom_;
  std::optional<left_source> first_left_;
  std::optional<failure> unfit_;  ///< of a source that offers other things: whichever order, the answer is it
};

}  // namespace millrace::hls
