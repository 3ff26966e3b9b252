#include "api/metrics.hpp"

#include "core/version.hpp"

#include <array>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace millrace::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using registry::statistics;
using labels = std::vector<ClientMetric::Label>;

constexpr double nanosecond = 1e-9;

/// Families in the order they are added.
class exposition {
 public:
  template <class Number>
  void counter(std::string_view name, std::string_view help, Number value) {
    add_family(MetricType::Counter, name, help);
    add_count({}, static_cast<double>(value));
  }

  void counter(std::string_view name, std::string_view help, const statistics::counter& value) {
    counter(name, help, value.load());
  }

  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value, labels described = {}) {
    add_family(MetricType::Gauge, name, help);
    ClientMetric metric;
    metric.label = std::move(described);
    metric.gauge.value = static_cast<double>(value);
    families_.back().metric.push_back(std::move(metric));
  }

  void requests(const statistics::request_counts& counts) {
    add_family(MetricType::Counter, "requests_total", "Requests answered, by route and status.");
    for (const auto& [what, count] : counts) {
      add_count({{"route", std::string(what.first)}, {"status", std::to_string(what.second)}},
                static_cast<double>(count));
    }
  }

  /// One counter for each value of an enumeration.
  template <class Kind, std::size_t N>
  void kinds(std::string_view name, std::string_view help, const char* label,
             const std::array<statistics::counter, N>& counts) {
    add_family(MetricType::Counter, name, help);
    for (std::size_t i = 0; i < N; ++i)
      add_count({{label, std::string(name_of(static_cast<Kind>(i)))}}, static_cast<double>(counts[i].load()));
  }

  void causes(std::string_view name, std::string_view help,
              const std::array<statistics::counter, registry::cause_count>& counts) {
    kinds<registry::cause>(name, help, "cause", counts);
  }

  void histogram(std::string_view name, std::string_view help, const registry::histogram& value) {
    add_family(MetricType::Histogram, name, help);
    const auto now = value.read();
    ClientMetric metric;
    metric.histogram.sample_count = now.count;
    metric.histogram.sample_sum = now.sum;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < registry::histogram_bounds.size(); ++i) {
      cumulative += now.buckets[i];
      metric.histogram.bucket.push_back(
          {.cumulative_count = cumulative, .upper_bound = registry::histogram_bounds[i]});
    }
    families_.back().metric.push_back(std::move(metric));
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void add_family(MetricType type, std::string_view name, std::string_view help) {
    families_.push_back({"millrace_" + std::string(name), std::string(help), type, {}});
  }

  void add_count(labels described, double value) {
    ClientMetric metric;
    metric.label = std::move(described);
    metric.counter.value = value;
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> families_;
};

void describe_clients(exposition& to, const statistics& counters, const process_view& process) {
  to.requests(counters.requests());
  to.counter("client_bytes_total", "Payload bytes of media that the clients' sockets accepted.",
             counters.total_bytes_served);
  to.counter("segments_total", "HLS segments served.", counters.total_segments_served);
  to.histogram("first_byte_seconds", "From a media request's head to the first byte of its body.",
               counters.first_byte);
  to.histogram("seek_first_byte_seconds", "The same for ranges that begin behind the first byte.",
               counters.seek_first_byte);
  to.counter("client_stalls_total", "Times a client had to wait for bytes after its first one.",
             counters.stalls);
  to.counter("client_stalled_seconds_total", "How long clients had to wait for bytes after their first one.",
             static_cast<double>(counters.stalled_nanoseconds.load()) * nanosecond);
  to.counter("clients_skipped_total", "Times a slow client of a live stream skipped ahead.",
             counters.clients_skipped);
  to.gauge("client_connections_open", "Connections of clients.", process.connections);
  to.counter("client_connections_refused_total",
             "Connections refused beyond --max-clients or --max-clients-per-address.",
             counters.clients_refused);
  to.kinds<registry::limit>("limits_total", "Times a limit struck, by the option that sets it.", "limit",
                            counters.limits);
  to.kinds<registry::objection>("requests_refused_total",
                                "Requests refused before they were looked at closely, by reason.", "reason",
                                counters.objections);
  to.gauge("streams_active", "Streams that are played.", process.active_streams);
  to.gauge("clients_active", "Clients that play.", process.active_clients);
  to.gauge("streams_registered", "Streams in the registry.", process.streams);
  to.gauge("clients_registered", "Clients in the registry.", process.clients);
}

void describe_upstreams(exposition& to, const statistics& counters, const process_view& process) {
  to.counter("upstream_bytes_total", "Body bytes received from upstreams.", counters.bytes_fetched);
  to.counter("upstream_wasted_bytes_total", "Body bytes received but never delivered to any client.",
             counters.bytes_wasted);
  to.histogram("upstream_latency_seconds", "From an upstream request to its response head.",
               counters.upstream_latency);
  to.gauge("upstream_connections_open", "Connections to upstreams, idle ones included.",
           counters.upstream_open.load());
  to.gauge("upstream_connections_pooled", "Idle connections to upstreams.", process.pooled);
  to.counter("upstream_connections_opened_total", "Connections to upstreams ever made.",
             counters.upstream_opened);
  to.counter("upstream_connections_refused_total", "Attempts to connect that an upstream refused.",
             counters.upstream_refused);
  to.counter("cache_hits_total", "Responses with bytes from the cache.", counters.cache_hits);
  to.counter("cache_misses_total", "Responses without any, while there is a cache.", counters.cache_misses);
  to.counter("cache_hit_bytes_total", "Body bytes sent to clients from the cache.", counters.cache_hit_bytes);
  to.counter("cache_evictions_total", "Pages of up to 64 KiB that the cache gave up for others.",
             counters.cache_evictions);
  to.gauge("cache_bytes", "Memory that the cache holds.", counters.cache_bytes.load());
  to.causes("retries_total", "Upstream requests repeated, by cause.", counters.retries);
  to.causes("failovers_total", "Changes to another source, by the cause for leaving the one before.",
            counters.failovers);
  to.histogram("failover_gap_seconds", "From the last byte of one source to the first of the next one.",
               counters.failover_gap);
}

void describe_process(exposition& to, const statistics& counters, const process_view& process) {
  const std::chrono::duration<double> started = counters.started_at().time_since_epoch();
  to.gauge("buffer_bytes", "Buffer memory reserved.", process.buffer_bytes);
  to.gauge("buffer_limit_bytes", "Buffer memory allowed (--max-memory).", process.buffer_limit);
  to.gauge("resident_memory_bytes", "Resident memory of the process.", process.memory_bytes);
  to.gauge("start_time_seconds", "When the process began, since the Unix epoch.", started.count());
  to.gauge("uptime_seconds", "How long the process has run.", counters.uptime().count());
  to.gauge("build_info", "Which millrace this is; always 1.", 1, {{"version", std::string(version())}});
}

}  // namespace

std::string metrics_text(const statistics& counters, const process_view& process) {
  exposition all;
  describe_clients(all, counters, process);
  describe_upstreams(all, counters, process);
  describe_process(all, counters, process);
  return all.text();
}

}  // namespace millrace::api
