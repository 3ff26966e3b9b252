#include "table.hpp"

#include "text.hpp"

#include <algorithm>
#include <utility>

namespace millrace::ctl {

table::table(std::vector<column> columns) : columns_(std::move(columns)) {}

void table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& each : cells)
    each = printable(each);
  rows_.push_back(std::move(cells));
}

std::string table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) out += "  ";
    const std::size_t space = widths[i] - display_width(cells[i]);
    if (columns_[i].side == align::right) out.append(space, ' ');
    out += cells[i];
    if (columns_[i].side == align::left) out.append(space, ' ');
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::vector<std::string> table::lines() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const column& each : columns_) {
    titles.emplace_back(each.title);
    widths.push_back(display_width(each.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::vector<std::string> out;
  const bool titled = std::ranges::any_of(titles, [](const auto& each) { return !each.empty(); });
  if (titled) out.push_back(line(titles, widths));
  for (const auto& row : rows_)
    out.push_back(line(row, widths));
  return out;
}

std::string table::text() const {
  std::string out;
  for (const std::string& each : lines())
    out.append(each).append(1, '\n');
  return out;
}

}  // namespace millrace::ctl
