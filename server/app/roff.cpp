#include "app/roff.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"

namespace limen::app {

namespace {

constexpr std::size_t kWidth = 78;     // of a line of the source
constexpr std::size_t kLongWord = 40;  // beyond, a word may be broken

// A line that began with one of these would be a request.
std::string guarded(std::string line) {
  if (line.starts_with('.') || line.starts_with('\'')) line.insert(0, "\\&");
  return line;
}

// Words that no line holds get places where they may be broken.
std::string breakable(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word.size() > kLongWord && i > 0 && i % 20 == 0) out += "\\:";
    out += roff_escape(word.substr(i, 1));
  }
  return out;
}

bool ends_sentence(std::string_view word) {
  return word.size() > 2 && word.ends_with('.') && !word.ends_with("e.g.") && !word.ends_with("..");
}

// An argument of a macro.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\\(dq" : roff_escape(std::string_view(&c, 1));
  return out + '"';
}

// The fonts of a term: <places> in italics, the rest in bold.
std::string term_text(std::string_view term) {
  std::string out;
  while (!term.empty()) {
    const bool place = term.front() == '<' && term.find('>') != std::string_view::npos;
    const std::size_t end = place ? term.find('>') : std::min(term.find('<', 1), term.size());
    const std::string_view part = place ? term.substr(1, end - 1) : term.substr(0, end);
    out += (place ? "\\fI" : "\\fB") + roff_escape(part) + "\\fR";
    term.remove_prefix(place ? end + 1 : end);
  }
  return out;
}

}  // namespace

std::string roff_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Roff::Roff(std::string_view name, int section, std::string_view date, std::string_view source,
           std::string_view manual) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  out_ = ".\\\" Made by limen man; do not edit.\n";
  line(".TH " + quoted(upper) + ' ' + quoted(std::to_string(section)) + ' ' + quoted(date) + ' ' +
       quoted(source) + ' ' + quoted(manual));
  // Lines flush left and no broken words: names of keys are to be copied.
  line(".nh");
  line(".ad l");
}

void Roff::line(std::string_view text) {
  out_ += text;
  out_ += '\n';
}

void Roff::wrapped(std::string_view text) {
  std::string current;
  for (const std::string_view word : base::split(text, ' ')) {
    if (word.empty()) continue;
    const std::string escaped = breakable(word);
    if (!current.empty() && current.size() + 1 + escaped.size() > kWidth) {
      line(guarded(std::move(current)));
      current.clear();
    }
    if (!current.empty()) current += ' ';
    current += escaped;
    if (!ends_sentence(word)) continue;
    line(guarded(std::move(current)));
    current.clear();
  }
  if (!current.empty()) line(guarded(std::move(current)));
}

void Roff::name(std::string_view name, std::string_view summary) {
  section("NAME");
  line(roff_escape(name) + " \\- " + roff_escape(summary));
}

void Roff::section(std::string_view title) { line(".SH " + quoted(title)); }
void Roff::subsection(std::string_view title) { line(".SS " + quoted(title)); }

void Roff::paragraph(std::string_view text) {
  line(".PP");
  std::string one(text);
  std::replace(one.begin(), one.end(), '\n', ' ');
  wrapped(one);
}

void Roff::prose(std::string_view text) {
  std::string words, code;
  const auto end_paragraph = [&] {
    if (!words.empty()) paragraph(words);
    if (!code.empty()) example(code);
    words.clear();
    code.clear();
  };
  for (const std::string_view each : base::split(text, '\n')) {
    const bool is_code = each.starts_with("  ");
    if (each.empty() || (is_code ? !words.empty() : !code.empty())) end_paragraph();
    if (each.empty()) continue;
    std::string& target = is_code ? code : words;
    if (!target.empty()) target += '\n';
    target += is_code ? each.substr(2) : each;
  }
  end_paragraph();
}

void Roff::item(std::string_view term, std::string_view text) {
  line(".TP");
  line(guarded(term_text(term)));
  wrapped(text);
}

void Roff::more(std::string_view text) {
  line(".IP");
  wrapped(text);
}

void Roff::example(std::string_view lines) {
  line(".PP");
  line(".RS 4");
  line(".nf");
  for (const std::string_view each : base::split(lines, '\n')) line(guarded(roff_escape(each)));
  line(".fi");
  line(".RE");
}

}  // namespace limen::app
