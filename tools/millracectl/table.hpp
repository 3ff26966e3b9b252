#pragma once
// Columns of text, aligned by the columns that their characters take on a terminal.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::ctl {

enum class align { left, right };

struct column {
  std::string_view title;
  align side = align::left;
};

/// Grows row by row. Whatever a cell is given goes through printable(), so no caller can forget it.
class table {
 public:
  /// Without any title, no title line is printed.
  explicit table(std::vector<column> columns);

  /// As many cells as columns.
  void add(std::vector<std::string> cells);
  std::size_t rows() const noexcept { return rows_.size(); }

  /// The title first, then the rows; two spaces between columns and none at the end of a line.
  std::vector<std::string> lines() const;
  /// The same with a line feed behind each.
  std::string text() const;

 private:
  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace millrace::ctl
