#include "registry/delivery_record.hpp"

namespace millrace::registry {

void delivery_record::learn_total(byte_offset total) {
  if (total_ && *total_ != total) runs_ = {};
  total_ = total;
}

void delivery_record::add(const delivered_run& run) {
  const bool same_file = !run.total || !total_ || *run.total == *total_;
  if (!same_file || run.bytes.empty()) return;
  runs_.add(run.bytes);
  // One more run than before: it touches no other, and can be taken out again.
  if (runs_.count() > most_runs_) runs_.remove(run.bytes);
}

}  // namespace millrace::registry
