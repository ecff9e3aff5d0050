#include "config/findings.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"

namespace limen::config {

namespace {

constexpr std::size_t kLongestWord = 64;  // beyond, no suggestion is worth its cost

// Levenshtein's distance, without regard to case.
std::size_t distance(std::string_view left, std::string_view right) {
  const std::string a = base::to_lower(left);
  const std::string b = base::to_lower(right);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr std::string_view kAsking = " (did you mean ";

// What stands in no line of `file` comes behind what does.
std::pair<int, int> rank(const Finding& finding, const std::string& file) {
  const bool placed = finding.file == file && finding.position.line != 0;
  return placed ? std::pair(finding.position.line, finding.position.column)
                : std::pair(std::numeric_limits<int>::max(), 0);
}

bool is_at_or_below(std::string_view path, std::string_view above) {
  return path.starts_with(above) &&
         (path.size() == above.size() || path[above.size()] == '.' || path[above.size()] == '[');
}

}  // namespace

std::string sentence(const Finding& finding) {
  std::string out =
      finding.file.empty() ? std::string() : to_string(finding.file, finding.position) + ": ";
  if (!finding.path.empty()) out += finding.path + ": ";
  out += finding.message;
  if (finding.hint.empty()) return out;
  return finding.hint.ends_with('?') ? out + " (" + finding.hint + ')' : out + "; " + finding.hint;
}

std::vector<std::string> sentences(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.push_back(sentence(finding));
  return out;
}

bool any_about(const std::vector<Finding>& findings, std::string_view path) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& each) { return is_at_or_below(each.path, path); });
}

void Findings::add(const Position& position, std::string_view path, std::string_view what,
                   std::string_view hint) {
  const std::size_t asks = what.ends_with("?)") ? what.rfind(kAsking) : std::string_view::npos;
  if (hint.empty() && asks != std::string_view::npos) {
    hint = what.substr(asks + 2, what.size() - asks - 3);
    what = what.substr(0, asks);
  }
  items_.push_back({file_, position, std::string(path), std::string(what), std::string(hint)});
}

void Findings::add(Finding finding) { items_.push_back(std::move(finding)); }

std::vector<Finding> Findings::take() {
  std::stable_sort(items_.begin(), items_.end(), [this](const Finding& a, const Finding& b) {
    return rank(a, file_) < rank(b, file_);
  });
  return std::move(items_);
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > kLongestWord) return {};
  const std::string* best = nullptr;
  // Two letters swapped are two edits.
  std::size_t best_distance = word.size() < 4 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance || (d == best_distance && best == nullptr)) {
      best = &candidate;
      best_distance = d;
    }
  }
  return best == nullptr ? std::string() : std::string(kAsking) + base::go_quote(*best) + "?)";
}

}  // namespace limen::config
