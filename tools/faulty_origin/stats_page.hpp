#pragma once
// The pages that the origin shows of itself.

#include "journal.hpp"

#include <string>

namespace millrace::origin {

/// JSON: {"total": COUNTERS, "paths": {"/a.mkv?size=1M": COUNTERS, …}}.
std::string stats_page(const journal& seen);

/// Plain text: what the query of a URL can ask for.
std::string help_page();

}  // namespace millrace::origin
