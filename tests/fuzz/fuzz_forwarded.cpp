// Each line is a field value, in Forwarded and in X-Forwarded-For. What is read as an address comes back when
// it is written again; no more hops than commas make.

#include "fuzzing.hpp"
#include "server/forwarded.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace millrace;

std::string node_of(const boost::asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

void check_known(const server::forwarded_hops& hops, std::size_t most) {
  fuzz::require(hops.size() <= most);
  http::field_list plain, quoted;
  for (const auto& each : hops) {
    const auto node = each ? node_of(*each) : "unknown";
    plain.add("x-forwarded-for", node + ", ");
    quoted.add("forwarded", "proto=http; For=\"" + node + "\";by=_x");
    if (!each) continue;
    fuzz::require(server::parse_node(node) == each);
    // A zone may look like a port.
    if (each->to_string().find('%') == std::string::npos)
      fuzz::require(server::parse_node(node + ":8001") == each);
  }
  fuzz::require(server::parse_x_forwarded_for(plain) == hops);
  fuzz::require(server::parse_forwarded(quoted) == hops);
  fuzz::require(hops.empty() || (server::has_forwarded(plain) && server::has_forwarded(quoted)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::to_text(data, size);
  // No field value holds a NUL.
  if (text.find('\0') != std::string_view::npos) return 0;
  const auto most = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) +
                    static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  http::field_list forwarded, x_forwarded;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    forwarded.add("Forwarded", std::string(text.substr(0, end)));
    x_forwarded.add("X-Forwarded-For", std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  check_known(server::parse_forwarded(forwarded), most);
  check_known(server::parse_x_forwarded_for(x_forwarded), most);
  return 0;
}
