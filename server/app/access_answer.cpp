#include "app/access_answer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

using object::Json;

constexpr std::size_t kVerdictColumn = 12;
constexpr std::size_t kDetailColumn = 4;

std::string printable(std::string_view text) {
  std::string out(text);
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  std::replace_if(out.begin(), out.end(), is_control, '?');
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string_view verdict_words(std::string_view verdict) {
  if (verdict == "Allow") return "allow";
  if (verdict == "Deny") return "deny";
  if (verdict == "NoOpinion") return "no opinion";
  if (verdict == "NotAsked") return "not asked";
  return verdict;
}

// `get pods/log.GROUP "web" in the namespace "x"`.
std::string sentence(const AccessQuestion& question) {
  if (!question.path.empty()) return question.verb + " the path " + question.path;
  std::string text = question.verb + " " + question.resource;
  if (!question.group.empty()) text += "." + question.group;
  if (!question.subresource.empty()) text += "/" + question.subresource;
  if (!question.name.empty()) text += " " + base::go_quote(question.name);
  if (question.ns.empty()) return text + " at the cluster scope";
  return text + " in the namespace " + base::go_quote(question.ns);
}

// Who gave a verdict: its name, and its module when that has another.
std::string title_of(const Json& step) {
  std::string title = printable(object::text_at(step, "name"));
  const std::string_view module = object::text_at(step, "module");
  if (!module.empty() && module != title) title += " (" + printable(module) + ")";
  return title;
}

using Details = std::vector<std::pair<std::string, std::string>>;

// A line of a text of many lines each, the first with the label.
void add_lines(Details& details, std::string_view label, std::string_view text) {
  std::string shown = printable(label);
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.empty()) continue;
    details.emplace_back(std::move(shown), printable(line));
    shown.clear();
  }
}

Details details_of(const Json& step) {
  Details details;
  for (const std::string_view key : {"reason", "rule", "error"}) {
    add_lines(details, key, object::text_at(step, key));
  }
  const Json* const causes = object::member(step, "causes");
  if (causes == nullptr || !causes->is_array()) return details;
  for (const Json& cause : causes->get_array()) {
    add_lines(details, object::text_at(cause, "key"), object::text_at(cause, "value"));
  }
  return details;
}

void print_step(const Json& step, std::size_t title_width, std::ostream& out) {
  std::string line(verdict_words(object::text_at(step, "verdict")));
  line = padded(printable(line), kVerdictColumn) + title_of(step);
  if (const Json* const took = object::member(step, "microseconds")) {
    line = padded(std::move(line), kVerdictColumn + title_width + 2);
    line += std::to_string(object::int_or(took, 0)) + " us";
  }
  out << line << '\n';
  const Details details = details_of(step);
  std::size_t width = 0;
  for (const auto& detail : details) width = std::max(width, detail.first.size());
  for (const auto& [label, text] : details) {
    out << std::string(kDetailColumn, ' ') << padded(label, width + 2) << text << '\n';
  }
}

}  // namespace

bool is_allowed(const Json& review) {
  const Json* const allowed = object::find(review, {"status", "allowed"});
  return allowed != nullptr && allowed->is_bool() && allowed->get_bool();
}

void print_answer(const AccessQuestion& question, const Json& review, std::ostream& out) {
  const bool allowed = is_allowed(review);
  out << (allowed ? "allowed: " : "not allowed: ") << printable(question.user)
      << (allowed ? " may " : " may not ") << printable(sentence(question)) << "\n";
  const Json* const status = object::member(review, "status");
  const Json* const steps = status == nullptr ? nullptr : object::member(*status, "steps");
  if (steps == nullptr || !steps->is_array()) return;
  std::size_t title_width = 0;
  for (const Json& step : steps->get_array()) {
    title_width = std::max(title_width, title_of(step).size());
  }
  for (const Json& step : steps->get_array()) {
    out << '\n';
    print_step(step, title_width, out);
  }
}

}  // namespace limen::app
