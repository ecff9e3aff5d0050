// A manual page in the man macros of roff (groff_man(7)), as man and mandoc read it.
//
// Text goes in as it is meant to be read; what has a meaning for roff is escaped here. Lines of the
// result are short and each sentence begins one, so that pages can be compared. One page, one
// thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::app {

class Roff {
 public:
  // `date` as "2026-01-31" or empty; `manual` is what stands in the middle of the head.
  Roff(std::string_view name, int section, std::string_view date, std::string_view source,
       std::string_view manual);

  // NAME, as whatis(1) finds it.
  void name(std::string_view name, std::string_view summary);
  void section(std::string_view title);
  void subsection(std::string_view title);
  // A paragraph; line breaks of the text are spaces.
  void paragraph(std::string_view text);
  // Text with paragraphs set off by empty lines, and examples by an indent of two.
  void prose(std::string_view text);
  // A term and what it means; of the term, what stands in <...> is a place to fill in.
  void item(std::string_view term, std::string_view text);
  // One more paragraph of the item before.
  void more(std::string_view text);
  // Lines shown as they are.
  void example(std::string_view lines);

  const std::string& text() const { return out_; }

 private:
  void line(std::string_view text);
  void wrapped(std::string_view text);

  std::string out_;
};

// `text` with everything that roff would take for its own, and hyphens that stay hyphens, escaped.
std::string roff_escape(std::string_view text);

}  // namespace limen::app
