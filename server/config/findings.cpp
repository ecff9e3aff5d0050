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

}  // namespace

void Findings::add(const Position& position, std::string_view path, std::string_view what) {
  std::string text = to_string(file_, position) + ": ";
  if (!path.empty()) {
    text += path;
    text += ": ";
  }
  text += what;
  items_.push_back({position, std::move(text)});
}

void Findings::add(std::string sentence) { items_.push_back({Position{}, std::move(sentence)}); }

std::vector<std::string> Findings::sentences() const {
  std::vector<const Item*> order;
  for (const Item& item : items_) order.push_back(&item);
  const auto rank = [](const Item* item) {
    const int line = item->position.line;
    return std::pair(line == 0 ? std::numeric_limits<int>::max() : line, item->position.column);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const Item* a, const Item* b) { return rank(a) < rank(b); });
  std::vector<std::string> out;
  for (const Item* item : order) out.push_back(item->text);
  return out;
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
  return best == nullptr ? std::string() : " (did you mean " + base::go_quote(*best) + "?)";
}

}  // namespace limen::config
